import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Moment } from '../../common/clock';
import type { InboundFrame } from '../../gateway-client/protocol/frames';

/** Runs while the frame is received, so it must not wait for anything. */
export type FrameListener = (gatewayId: string, frame: InboundFrame, receivedAt: Moment) => void;

/** Hands on the frames that gateways send of their own accord: every frame of a logged-in session that answers no command. */
@Injectable()
export class GatewayInbox {
  private readonly listeners = new Set<FrameListener>();

  constructor(@InjectPinoLogger(GatewayInbox.name) private readonly logger: PinoLogger) {}

  /** Calls the listener for each frame from now on. @returns a function that removes the listener */
  onFrame(listener: FrameListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called by sessions. A listener that throws must not end the session. */
  receive(gatewayId: string, frame: InboundFrame): void {
    if (this.listeners.size === 0) return;
    const receivedAt = performance.now();
    for (const listener of this.listeners) {
      try {
        listener(gatewayId, frame, receivedAt);
      } catch (error) {
        this.logger.error({ err: error, gatewayId, type: frame.type }, 'a frame could not be processed');
      }
    }
  }
}
