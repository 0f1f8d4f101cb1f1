import type { Origin } from '../reading';
import { Eras } from './eras';
import type { Era, PlacedRecord, Placement } from './eras';
import type { ReadingRow } from './reading-row';

const KNOWN: Era = { era: 1, highestId: 1000, lastDay: '2026-05-21' };

function aRow(changes: Partial<ReadingRow> = {}): ReadingRow {
  return {
    sensorNumber: 7,
    era: 1,
    recordId: '5',
    day: '2026-05-21',
    number: 1,
    feedPosition: 1,
    measuredAt: new Date('2026-05-21T12:07:00Z'),
    receivedAt: new Date('2026-05-21T12:07:30Z'),
    timeText: '2026-05-21 14:07',
    timeQuality: 'minute',
    origin: 'live',
    extra: null,
    figures: { value: 23 },
    waveform: null,
    ...changes,
  };
}

const received = (id: number | null, day: string, origin: Origin, changes: Partial<ReadingRow> = {}): PlacedRecord => ({
  id,
  origin,
  row: aRow({ recordId: String(id), day, timeText: `${day} 14:07`, ...changes }),
});

const inEra = (era: number): Placement => ({ type: 'new', era, opensEra: false });
const opened = (era: number): Placement => ({ type: 'new', era, opensEra: true });

describe('the era of a record', () => {
  it.each<[string, readonly Era[], PlacedRecord, Placement]>([
    ['the first record of a gateway', [], received(5, '2026-05-21', 'live'), inEra(1)],
    ['the next id', [KNOWN], received(1001, '2026-05-21', 'live'), inEra(1)],
    ['a higher id much later', [KNOWN], received(1500, '2027-01-01', 'live'), inEra(1)],
    ['an earlier record out of the history', [KNOWN], received(900, '2026-05-17', 'history'), inEra(1)],
    ['a lower id two days later', [KNOWN], received(1, '2026-05-23', 'live'), inEra(1)],
    ['a lower id three days later', [KNOWN], received(1, '2026-05-24', 'live'), opened(2)],
    ['such a record out of the history', [KNOWN], received(1, '2026-05-24', 'history'), opened(2)],
    ['a record without an id', [KNOWN], received(null, '2026-05-24', 'live'), inEra(1)],
    [
      'a lower id with an unreadable time',
      [KNOWN],
      received(1, '2026-05-24', 'live', { timeQuality: 'receipt' }),
      inEra(1),
    ],
    [
      'a lower id with a time in the future',
      [KNOWN],
      received(1, '2031-05-24', 'live', { timeQuality: 'implausible' }),
      inEra(1),
    ],
    [
      'a lower id if the last day is unknown',
      [{ ...KNOWN, lastDay: null }],
      received(1, '2026-05-24', 'live'),
      inEra(1),
    ],
    [
      'an old record in the history of a gateway that counts anew',
      [KNOWN, { era: 2, highestId: 3, lastDay: '2026-06-20' }],
      received(990, '2026-05-20', 'history'),
      inEra(1),
    ],
    [
      'the next record of the newest era',
      [KNOWN, { era: 2, highestId: 3, lastDay: '2026-06-20' }],
      received(4, '2026-06-20', 'live'),
      inEra(2),
    ],
  ])('%s', (_, known, record, expected) => {
    expect(new Eras(known).place(record, [])).toEqual(expected);
  });

  it('a lower id opens no era if each sensor has its own ids', () => {
    expect(new Eras([KNOWN], true).place(received(1, '2026-05-24', 'live'), [])).toEqual(inEra(1));
  });

  it.each<[string, Origin, readonly ReadingRow[], Placement['type'], number | undefined]>([
    ['the same content', 'live', [aRow()], 'same', 1],
    ['the same content, out of the history', 'history', [aRow()], 'same', 1],
    ['other content', 'live', [aRow({ era: 2, figures: { value: 24 } })], 'new', 3],
    ['other content, ordered', 'acquisition', [aRow({ era: 2, figures: { value: 24 } })], 'new', 3],
    ['content that is rounded differently', 'history', [aRow({ era: 2, figures: { value: 22.6 } })], 'conflict', 2],
    ['other content, out of the history', 'history', [aRow({ era: 2, figures: { value: 24 } })], 'new', 1],
    [
      'other content in every era, out of the history',
      'history',
      [aRow({ era: 2, figures: { value: 24 } }), aRow({ figures: { value: 25 } })],
      'new',
      3,
    ],
    ['the content of an older era', 'history', [aRow({ era: 2, figures: { value: 24 } }), aRow({ era: 1 })], 'same', 1],
    ['other content in an older era only', 'history', [aRow({ era: 1, figures: { value: 24 } })], 'new', 2],
    ['no content yet', 'live', [aRow({ era: 2, figures: { value: null } })], 'same', 2],
    ['another minute', 'history', [aRow({ era: 2, timeText: '2026-05-21 14:08' })], 'new', 1],
    ['only the date', 'history', [aRow({ era: 2, timeText: '2026-05-21' })], 'same', 2],
  ])('a known id with %s: %s', (_, origin, stored, type, era) => {
    const eras = new Eras([KNOWN, { era: 2, highestId: 5, lastDay: '2026-05-21' }]);
    const placement = eras.place(received(5, '2026-05-21', origin), stored);
    expect(placement.type).toBe(type);
    expect('era' in placement ? placement.era : placement.stored.era).toBe(era);
  });

  it('an old record that contradicts its reading in an older era is a conflict there', () => {
    const eras = new Eras([KNOWN, { era: 2, highestId: 3, lastDay: '2026-06-20' }]);
    const stored = aRow({ era: 1, day: '2026-05-20', timeText: '2026-05-20 14:07', figures: { value: 22.8 } });
    expect(eras.place(received(990, '2026-05-20', 'history'), [stored])).toMatchObject({ type: 'conflict', stored });
  });

  it('what is stored counts for the records after it', () => {
    const eras = new Eras([]);
    const [last, first] = [received(1000, '2026-05-21', 'live'), received(1, '2026-05-24', 'live')];
    eras.note(last, 1);
    eras.note(received(7, '2026-05-01', 'history'), 1); // Lower: changes nothing.
    expect(eras.place(first, [])).toEqual(opened(2));
    eras.note(first, 2);
    expect(eras.place(received(2, '2026-05-24', 'live'), [])).toEqual(inEra(2));
    expect(eras.numbers).toEqual([2, 1]);
  });
});
