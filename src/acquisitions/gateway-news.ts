import { isStartRefused, readError } from '../gateway-client/protocol/frames';
import type { InboundFrame, TakeType } from '../gateway-client/protocol/frames';
import { recordsAbout } from '../gateway-client/conversation/reply-contents';
import type { ReadingKind } from '../readings/reading';

/** The command of each kind. */
export const TAKES: Readonly<Record<ReadingKind, TakeType>> = {
  vibration: 'TAKE_DYN_READING',
  temperature: 'TAKE_DYN_TEMP',
  battery: 'TAKE_DYN_BATT',
};

/** Whether a frame says that this sensor has begun to measure vibration. Null if it says nothing about that. */
export function readStart(frame: InboundFrame, serial: number): 'started' | 'startRefused' | null {
  if (frame.type !== 'NOT_DYN_READING_STARTED') return null;
  const [record] = recordsAbout(frame.data, serial);
  if (!record) return null;
  return isStartRefused(record) ? 'startRefused' : 'started';
}

/** What a frame says against an order that was sent a while ago: its kind and the gateway's text. Null if it is something else. */
export function readLateRefusal(frame: InboundFrame): { kind: ReadingKind; text: string } | null {
  if (frame.type !== 'RTN_ERR') return null;
  const { attempt, text } = readError(frame.data);
  const [kind] = (Object.keys(TAKES) as ReadingKind[]).filter((each) => TAKES[each] === attempt);
  return kind ? { kind, text } : null;
}
