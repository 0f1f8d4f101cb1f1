import type { Socket } from 'node:net';
import type { Upgrade } from './listener';

/** Clients at the door of a frozen gateway: their TCP connection stands, their upgrade is not answered. */
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
      // Not paused: whoever takes over listens in this same tick, and a paused socket would stay so.
      stream.off('data', keep).off('end', leave).off('close', leave);
      return { ...upgrade, head: Buffer.concat(chunks) };
    });
    // Only a socket that is read shows that its client gave up. One that did must not be admitted later as if it waited.
    stream.on('data', keep).once('end', leave).once('close', leave).resume();
  }

  /** Those still waiting, in the order they came. They are the caller's from now on. */
  release(): Upgrade[] {
    const waiting = [...this.releases.values()].map((release) => release());
    this.releases.clear();
    return waiting;
  }
}
