import type { HistoryFacts, HistoryRecord, HistoryRequest } from './history';

/** The facts after one more reply. */
export function learn(
  facts: HistoryFacts,
  request: HistoryRequest,
  records: readonly HistoryRecord[],
  { count, bytes }: { readonly count: number; readonly bytes: number },
): HistoryFacts {
  if (records.length === 0) return { ...facts, largestReply: Math.max(facts.largestReply, count) };
  const isOn = (day: number | null) => day !== null && records.some((record) => record.day === day);
  return {
    ...facts,
    serials: serialsAfter(facts, request, records),
    order: orderAfter(facts, records),
    startInclusive: facts.startInclusive || isOn(request.start),
    endInclusive: facts.endInclusive || isOn(request.end),
    largestReply: Math.max(facts.largestReply, count),
    recordBytes: Math.max(facts.recordBytes ?? 1, Math.ceil(bytes / count)),
  };
}

function serialsAfter(
  { serials }: HistoryFacts,
  request: HistoryRequest,
  records: readonly HistoryRecord[],
): HistoryFacts['serials'] {
  if (request.serials.length === 0 || serials === 'ignored') return serials;
  return records.every(({ serial }) => request.serials.includes(serial)) ? 'honoured' : 'ignored';
}

function orderAfter({ order }: HistoryFacts, records: readonly HistoryRecord[]): HistoryFacts['order'] {
  if (order === 'unsorted' || !isDescending(records.map(({ day }) => day))) return 'unsorted';
  return records.at(0)?.day === records.at(-1)?.day ? order : 'newest_first';
}

/** Whether no value is missing and none is above the one before it. */
export function isDescending(values: readonly (number | null)[]): boolean {
  let before = Infinity;
  for (const value of values) {
    if (value === null || value > before) return false;
    before = value;
  }
  return true;
}

/** How often the sensor must change along ascending numbers, before they are taken for one numbering of the whole gateway. */
const ALTERNATIONS = 6;

/**
 * What the numbers of these records count, as far as they show it. Sensors that are numbered on their own repeat the numbers of others, or
 * numbers do not rise with the days across sensors. Numbers that fall within one sensor show nothing: the numbering began anew.
 */
export function scopeOf(records: readonly HistoryRecord[]): HistoryFacts['idScope'] {
  const ascending = [...records].sort(
    (a, b) => Number(a.recordId) - Number(b.recordId) || Number(a.day) - Number(b.day),
  );
  const lastDays = new Map<number, number>();
  let isShared = true;
  let alternations = 0;
  let before: HistoryRecord | null = null;
  for (const record of ascending) {
    const { serial, recordId, day } = record;
    if (recordId === null) return 'none';
    if (day === null || day < (lastDays.get(serial) ?? day)) return 'unknown';
    lastDays.set(serial, day);
    if (before !== null && before.serial !== serial) {
      alternations += 1;
      if (before.recordId === recordId || Number(before.day) > day) isShared = false;
    }
    before = record;
  }
  if (!isShared) return 'sensor';
  return alternations >= ALTERNATIONS ? 'gateway' : 'unknown';
}
