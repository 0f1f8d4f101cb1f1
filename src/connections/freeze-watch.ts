import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { LOCK_EXPIRES_MS, SessionLock } from '../database/session-lock';

const TICK_MS = 500;

/** A tick that is later than this was not a busy moment: the process stood still. */
const STOOD_STILL_MS = 2000;

/** What the clocks of two machines may differ in speed, and the way of the last statement. */
const MARGIN_MS = 500;

/**
 * Finds out, by the monotonic clock, that this process stood still (SIGSTOP, a paused container or machine, a blocked event loop)
 * for so long that another service may hold the sessions by now. It is asked before anything goes to a gateway: to learn it from the
 * lost connection to the database would be too late.
 *
 * A database that is merely away is no reason: then the process did not stand still.
 */
@Injectable()
export class FreezeWatch implements OnModuleDestroy {
  private tickedAt = performance.now();
  private readonly ticking = setInterval(() => this.tick(), TICK_MS).unref();
  private isClosed = false;
  private onFrozen: () => void = () => undefined;

  constructor(private readonly lock: SessionLock) {}

  onModuleDestroy(): void {
    clearInterval(this.ticking);
  }

  /** @param onFrozen called once for each time that it stood still for too long */
  onceFrozen(onFrozen: () => void): void {
    this.onFrozen = onFrozen;
  }

  /** Whether anything may go to a gateway. Once it may not, it may not until `reopen`. */
  mayAct(): boolean {
    if (!this.isClosed && this.stoodStillTooLong()) {
      this.isClosed = true;
      queueMicrotask(this.onFrozen); // It stops what is asking here.
    }
    return !this.isClosed;
  }

  /** The lock was fetched since. */
  reopen(): void {
    this.tickedAt = performance.now();
    this.isClosed = false;
  }

  private tick(): void {
    if (this.mayAct()) this.tickedAt = performance.now();
  }

  private stoodStillTooLong(): boolean {
    const stillMs = performance.now() - this.tickedAt;
    if (stillMs < STOOD_STILL_MS) return false;
    // Without the lock, all that is known is how long it stood still.
    return (this.lock.silentMs ?? stillMs) > LOCK_EXPIRES_MS - MARGIN_MS;
  }
}
