import fc from 'fast-check';
import { READING_KINDS } from '../readings/reading';
import type { ReadingKind } from '../readings/reading';
import { ACQUISITION_STATES, awaitsLateReading, isFinal, newProgress, step } from './acquisition.machine';
import type { AcquisitionEvent, AcquisitionState, FailureCode, Progress } from './acquisition.machine';

const readingId = '2026-02-09-48213';
const aReading = { type: 'reading', readingId, source: 'live' } as const;

const EVENTS: readonly AcquisitionEvent[] = [
  ...(['sent', 'started', 'startRefused', 'queueFull', 'due', 'notFound', 'cancel'] as const).map((type) => ({ type })),
  { type: 'rejected', message: 'busy' },
  aReading,
  { type: 'lost', code: 'session_lost' },
];

/** How a state is reached. */
const WAYS: Readonly<Record<AcquisitionState, readonly AcquisitionEvent['type'][]>> = {
  queued: [],
  sent: ['sent'],
  started: ['sent', 'started'],
  recovering: ['sent', 'lost'],
  completed: ['sent', 'reading'],
  failed: ['sent', 'due'],
  expired: ['due'],
  cancelled: ['cancel'],
};

function eventOf(type: AcquisitionEvent['type']): AcquisitionEvent {
  const found = EVENTS.find((event) => event.type === type);
  if (!found) throw new Error(`There is no event ${type}`);
  return found;
}

function after(types: readonly AcquisitionEvent['type'][], kind: ReadingKind = 'vibration'): Progress {
  return types.map(eventOf).reduce(step, newProgress(kind));
}

/** What each event leads to, in each state that it means something in: a state, and why it failed. Without a line, nothing changes. */
const VIBRATION: Readonly<Record<string, string>> = {
  'queued sent': 'sent',
  'queued cancel': 'cancelled',
  'queued due': 'expired',
  'queued queueFull': 'failed queue_full',
  'sent started': 'started',
  'sent startRefused': 'failed start_refused',
  'sent rejected': 'failed rejected_by_gateway',
  'sent reading': 'completed',
  'sent due': 'failed start_timeout',
  'sent lost': 'recovering session_lost',
  'started startRefused': 'failed start_refused',
  'started rejected': 'failed rejected_by_gateway',
  'started reading': 'completed',
  'started due': 'failed reading_timeout',
  'started lost': 'recovering session_lost',
  'recovering reading': 'completed',
  'recovering notFound': 'failed session_lost',
  'recovering due': 'failed session_lost',
};

/** Gateways do not announce the start of other measurements. */
const SCALARS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(VIBRATION).filter(([what]) => !/^started| start/.test(what))),
  'sent due': 'failed reading_timeout',
};

const CASES = READING_KINDS.flatMap((kind) =>
  ACQUISITION_STATES.filter((state) => kind === 'vibration' || state !== 'started').flatMap((state) =>
    EVENTS.map((event) => {
      const [to, code] = ((kind === 'vibration' ? VIBRATION : SCALARS)[`${state} ${event.type}`] ?? '').split(' ');
      return { kind, state, event, to: to === '' ? null : to, code: code ?? null };
    }),
  ),
);

describe('the machine of acquisitions', () => {
  it.each(ACQUISITION_STATES)('reaches the state %s', (state) => {
    expect(after(WAYS[state]).state).toBe(state);
  });

  it.each(CASES)('$kind, $state: $event.type leads to $to $code', ({ kind, state, event, to, code }) => {
    const before = after(WAYS[state], kind);
    const next = step(before, event);
    if (to !== null) expect(next).toMatchObject({ state: to, failureCode: code });
    else expect({ ...next, lateReadingId: null }).toEqual({ ...before, lateReadingId: null });
  });

  it('returns the same object if nothing changes', () => {
    const progress = after(['sent']);
    expect(step(progress, { type: 'cancel' })).toBe(progress);
  });

  it.each([
    ['confirmed if the gateway has announced it', 'vibration', ['sent', 'started', 'reading'], 'confirmed'],
    [
      'confirmed if it was announced before the session was lost',
      'vibration',
      ['sent', 'started', 'lost', 'reading'],
      'confirmed',
    ],
    ['assumed if it was not announced', 'vibration', ['sent', 'reading'], 'assumed'],
    ['assumed if it is no vibration', 'temperature', ['sent', 'reading'], 'assumed'],
    ['assumed if it was announced in a later session', 'vibration', ['sent', 'lost', 'started', 'reading'], 'assumed'],
  ] as const)('takes a reading for the ordered one: %s', (_, kind, events, attribution) => {
    const state = 'completed';
    expect(after(events, kind)).toMatchObject({ state, attribution, readingId, source: 'live', failureCode: null });
  });

  it('says where the reading was found', () => {
    const found = step(after(['sent', 'lost']), { ...aReading, source: 'history' });
    expect(found).toMatchObject({ state: 'completed', source: 'history' });
  });

  it('keeps what the gateway said', () => {
    expect(after(['sent', 'rejected'])).toMatchObject({ failureMessage: 'busy' });
  });

  it('fails with the reason of the loss', () => {
    const lost = step(after(['sent', 'started']), { type: 'lost', code: 'service_stopped' });
    expect(step(lost, { type: 'notFound' })).toMatchObject({ state: 'failed', failureCode: 'service_stopped' });
  });

  const LATE: readonly [FailureCode, readonly AcquisitionEvent['type'][], boolean][] = [
    ['start_timeout', ['sent', 'due'], true],
    ['reading_timeout', ['sent', 'started', 'due'], true],
    ['session_lost', ['sent', 'lost', 'notFound'], true],
    ['start_refused', ['sent', 'startRefused'], false],
    ['rejected_by_gateway', ['sent', 'rejected'], false],
    ['queue_full', ['queueFull'], false],
  ];

  it.each(LATE)('after %s (%j), links a late reading: %p', (failureCode, events, isLinked) => {
    const failed = after(events);
    expect(failed.failureCode).toBe(failureCode);
    expect(awaitsLateReading(failed)).toBe(isLinked);
    const late = step(failed, aReading);
    expect(late).toMatchObject({ state: 'failed', readingId: null, lateReadingId: isLinked ? readingId : null });
    expect(step(late, { ...aReading, readingId: '2026-02-09-1' })).toBe(late);
  });
});

/** What becomes of an acquisition, written in another way than the machine: which of the events that end a phase came first. */
function verdictOf(kind: ReadingKind, events: readonly AcquisitionEvent[]): Partial<Progress> {
  const first = (from: number, types: readonly AcquisitionEvent['type'][]) => {
    const found = events.slice(from).findIndex(({ type }) => types.includes(type));
    return found < 0 ? events.length : from + found;
  };
  const late = (from: number, code: FailureCode): Partial<Progress> => {
    const reading = events[first(from, ['reading'])];
    const lateReadingId = reading?.type === 'reading' ? reading.readingId : null;
    return { state: 'failed', failureCode: code, lateReadingId, readingId: null };
  };
  const isVibration = kind === 'vibration';

  const out = first(0, ['sent', 'cancel', 'due', 'queueFull']);
  switch (events[out]?.type) {
    case undefined:
      return { state: 'queued' };
    case 'cancel':
      return { state: 'cancelled' };
    case 'due':
      return { state: 'expired' };
    case 'queueFull':
      return { state: 'failed', failureCode: 'queue_full', lateReadingId: null };
  }

  const over = first(out, ['reading', 'rejected', 'due', 'lost', ...(isVibration ? (['startRefused'] as const) : [])]);
  const isStarted = isVibration && first(out, ['started']) < over;
  const attribution = isStarted ? 'confirmed' : 'assumed';
  const end = events[over];
  switch (end?.type) {
    case undefined:
      return { state: isStarted ? 'started' : 'sent', attribution: isStarted ? 'confirmed' : null };
    case 'reading':
      return { state: 'completed', attribution, readingId: end.readingId, source: end.source };
    case 'rejected':
      return { state: 'failed', failureCode: 'rejected_by_gateway', failureMessage: end.message, lateReadingId: null };
    case 'startRefused':
      return { state: 'failed', failureCode: 'start_refused', lateReadingId: null };
    case 'due':
      return late(over, isVibration && !isStarted ? 'start_timeout' : 'reading_timeout');
  }

  const code = end?.type === 'lost' ? end.code : 'session_lost';
  const found = first(over, ['reading', 'notFound', 'due']);
  const last = events[found];
  if (last === undefined) return { state: 'recovering', failureCode: code };
  if (last.type !== 'reading') return late(found, code);
  return { state: 'completed', attribution, readingId: last.readingId, source: last.source, failureCode: null };
}

const anEvent: fc.Arbitrary<AcquisitionEvent> = fc.oneof(
  fc
    .constantFrom(...(['sent', 'sent', 'started', 'startRefused', 'queueFull', 'due', 'notFound', 'cancel'] as const))
    .map((type) => ({ type })),
  fc.record({ type: fc.constant('rejected' as const), message: fc.option(fc.string()) }),
  fc.record({
    type: fc.constant('reading' as const),
    readingId: fc.nat(9).map(String),
    source: fc.constantFrom('live' as const, 'history' as const),
  }),
  fc.record({
    type: fc.constant('lost' as const),
    code: fc.constantFrom('session_lost' as const, 'service_stopped' as const),
  }),
);

describe('the machine of acquisitions, through random events', () => {
  const histories = fc.tuple(fc.constantFrom(...READING_KINDS), fc.array(anEvent, { maxLength: 20 }));

  it('agrees with a model', () => {
    fc.assert(
      fc.property(histories, ([kind, events]) => {
        expect(events.reduce(step, newProgress(kind))).toMatchObject(verdictOf(kind, events));
      }),
      { numRuns: 2000 },
    );
  });

  it('sends one command at most, stays final, and ends once every state has lasted as long as it may', () => {
    fc.assert(
      fc.property(histories, ([kind, events]) => {
        let progress = newProgress(kind);
        let commands = 0;
        for (const event of events) {
          const next = step(progress, event);
          if (next.state === 'sent' && progress.state !== 'sent') commands += 1;
          if (isFinal(progress)) expect({ ...next, lateReadingId: null }).toEqual({ ...progress, lateReadingId: null });
          progress = next;
        }
        expect(commands).toBeLessThanOrEqual(1);
        expect(isFinal(step(progress, { type: 'due' }))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
