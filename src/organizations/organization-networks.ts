import type { BlockList } from 'node:net';
import { Injectable } from '@nestjs/common';
import { EVERYWHERE } from '../common/actor';
import { listOf, networksOf } from '../common/allowed-networks';
import { DomainEvents } from '../events/domain-events';
import { OrganizationsRepository } from './organizations.repository';

/**
 * The networks of the organizations that narrow `GATEWAY_NETWORKS`, in memory: a dial asks no database. Read before the first session
 * starts, after each change in this process, and with each comparison of the sessions with the table, which finds changes made elsewhere.
 */
@Injectable()
export class OrganizationNetworks {
  private readonly texts = new Map<string, string>();
  private readonly lists = new Map<string, BlockList>();
  private lastRead: Promise<void> = Promise.resolve();

  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly events: DomainEvents,
  ) {}

  /** By the id of the organization. The map itself is updated when networks change. */
  get narrowed(): ReadonlyMap<string, BlockList> {
    return this.lists;
  }

  /**
   * Reads all networks, and publishes `organization.networksChanged` for each organization with other ones. One read at a time, so that
   * an earlier read never replaces what a later one has found. Rejects if the database cannot be read; then nothing changes.
   */
  refresh(): Promise<void> {
    const result = this.lastRead.then(() => this.read());
    this.lastRead = result.catch(() => undefined);
    return result;
  }

  private async read(): Promise<void> {
    const found = await this.organizations.findNetworks(EVERYWHERE);
    const texts = new Map(found.map(({ id, gatewayNetworks }) => [id, gatewayNetworks.join()]));
    const ids = new Set([...this.texts.keys(), ...texts.keys()]);
    const changed = [...ids].filter((id) => this.texts.get(id) !== texts.get(id));
    for (const id of changed) this.set(id, texts.get(id));
    for (const organizationId of changed) this.events.publish('organization.networksChanged', { organizationId });
  }

  private set(id: string, text: string | undefined): void {
    if (text === undefined) {
      this.texts.delete(id);
      this.lists.delete(id);
    } else {
      this.texts.set(id, text);
      this.lists.set(id, listOf(networksOf(text)));
    }
  }
}
