import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { LOCK_EXPIRES_MS, SessionLock } from './session-lock';

const TICK_MS = 500;

/** A tick this late means that the process was frozen, not merely busy. */
const FREEZE_MS = 2000;

/** Covers differences in clock speed between two machines and the latency of the last statement. */
const MARGIN_MS = 500;

/**
 * Detects, by the monotonic clock, that the process was frozen (SIGSTOP, a paused container or machine, a blocked event loop) for so
 * long that another service may hold the session lock by now. Checked before anything is sent to a gateway; waiting for the database
 * connection to fail would be too late.
 *
 * A database outage alone does not trigger it: the process keeps ticking.
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

  /** @param listener called once per freeze that may have cost the lock */
  onFreeze(listener: () => void): void {
    this.onFrozen = listener;
  }

  /** Whether anything may be sent to a gateway. Once false, it stays false until `reopen`. */
  mayAct(): boolean {
    if (!this.isClosed && this.mayHaveLostLock()) {
      this.isClosed = true;
      queueMicrotask(this.onFrozen); // Deferred: it ends the sessions, which may be the caller.
    }
    return !this.isClosed;
  }

  /** Allows sending again. Call when the lock has been reacquired, or when there are no sessions. */
  reopen(): void {
    this.tickedAt = performance.now();
    this.isClosed = false;
  }

  private tick(): void {
    if (this.mayAct()) this.tickedAt = performance.now();
  }

  private mayHaveLostLock(): boolean {
    const stillMs = performance.now() - this.tickedAt;
    if (stillMs < FREEZE_MS) return false;
    // Without the lock, only the length of the freeze is known.
    return (this.lock.silentMs ?? stillMs) > LOCK_EXPIRES_MS - MARGIN_MS;
  }
}
