import type { Socket } from 'node:net';
import type { Upgrade } from './listener';

/** Upgrade requests held back, for example by a frozen gateway: the TCP connection is open, the upgrade is unanswered. */
export class HeldUpgrades {
  private readonly releases = new Map<Socket, () => Upgrade>();

  hold(upgrade: Upgrade): void {
    const { stream, head } = upgrade;
    const chunks = [head];
    const keep = (chunk: Buffer): unknown => chunks.push(chunk);
    const leave = (): void => {
      this.releases.delete(stream);
      stream.destroy();
    };
    this.releases.set(stream, () => {
      // Not paused: the new owner adds its listeners in this same tick, and a paused socket would stay paused.
      stream.off('data', keep).off('end', leave).off('close', leave);
      return { ...upgrade, head: Buffer.concat(chunks) };
    });
    // Only a socket that is read shows that its client gave up. Such a client must not be admitted later.
    stream.on('data', keep).once('end', leave).once('close', leave).resume();
  }

  /** Returns the waiting upgrades in order of arrival. The caller owns them from now on. */
  release(): Upgrade[] {
    const waiting = [...this.releases.values()].map((release) => release());
    this.releases.clear();
    return waiting;
  }
}
