/**
 * How exact the time of a measurement is. `ambiguous`: in the hour that is repeated when summer time ends; `shifted`: in the hour that is
 * skipped when it begins; `receipt`: unreadable, so the time of the receipt; `implausible`: before 2000, or over two days after the receipt.
 */
export type TimeQuality = 'minute' | 'second' | 'day' | 'ambiguous' | 'shifted' | 'receipt' | 'implausible';
