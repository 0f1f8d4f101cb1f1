import { Injectable } from '@nestjs/common';
import type { Step } from '../../gateway-client/failure/failure';
import type { MessageType } from '../../gateway-client/protocol/message-types';

/** What all sessions together have done since the start of the process. Connection tests do not count. */
@Injectable()
export class SessionFigures {
  /** Messages from gateways. */
  readonly received = new Map<MessageType, number>();
  messagesSent = 0;
  /** Called for each answered ping. @param ms its round trip, in milliseconds */
  onPing: (ms: number) => void = ignore;
  /** Called for each step of an attempt that has succeeded. @param ms how long it took, in milliseconds */
  onStepDone: (step: Step, ms: number) => void = ignore;

  countReceived(type: MessageType): void {
    this.received.set(type, (this.received.get(type) ?? 0) + 1);
  }
}

const ignore = (): void => undefined;
