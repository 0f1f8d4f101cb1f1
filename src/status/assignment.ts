import { Injectable } from '@nestjs/common';

/** Gateways by id. `all` includes those that are created later. */
export type GatewayIds = 'all' | readonly string[];

/** The gateways whose sessions this process holds. The registry knows no others. Set by the supervisor. */
@Injectable()
export class Assignment {
  private isAll = false;
  private readonly ids = new Set<string>();

  get isEmpty(): boolean {
    return !this.isAll && this.ids.size === 0;
  }

  includes(gatewayId: string): boolean {
    return this.isAll || this.ids.has(gatewayId);
  }

  add(gateways: GatewayIds): void {
    if (gateways === 'all') this.isAll = true;
    else for (const id of gateways) this.ids.add(id);
  }

  /** Removes these ids, or everything. @throws Error for single ids out of `all` */
  remove(gateways: GatewayIds): void {
    if (gateways === 'all') {
      this.isAll = false;
      this.ids.clear();
      return;
    }
    if (this.isAll) throw new Error('an assignment of all gateways must be released as a whole');
    for (const id of gateways) this.ids.delete(id);
  }
}
