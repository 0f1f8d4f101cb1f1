import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import { groupBy } from '../common/group-by';
import { FactoriesService } from '../factories/factories.service';
import type { FactoryName, OrganizationName } from '../factories/factories.repository';
import type { TallyFilter } from '../status/fleet-tallies';
import { StatusService } from '../status/status.service';
import { inOrder } from './fleet-order';
import type { FleetSort } from './fleet-order';
import { summarize } from './summary';
import type { Summary } from './summary';

interface FleetPage {
  readonly limit: number;
  readonly offset: number;
  readonly sort: FleetSort;
  readonly search?: string | undefined;
}

export interface FleetQuery extends FleetPage {
  readonly organizationId?: string | undefined;
}

export interface FleetOrganizationsQuery extends FleetPage {
  readonly ids?: readonly string[] | undefined;
}

/** A page of factories or organizations, with the counts of their connections. */
export interface InFleet<Row> {
  readonly items: readonly { readonly row: Row; readonly summary: Summary }[];
  /** On all pages. */
  readonly total: number;
}

/** The fleet as a whole, by factory, and by organization. */
@Injectable()
export class FleetService {
  constructor(
    private readonly status: StatusService,
    private readonly factories: FactoriesService,
  ) {}

  /** From memory. @throws NotReadyError */
  summarize(reach: Reach, filter: TallyFilter): Summary {
    return summarize(this.status.tally(reach, filter));
  }

  /**
   * Reads the names of all factories within reach, because the order depends on counts that only the memory has.
   * @throws NotReadyError
   */
  async findFactories(reach: Reach, { limit, offset, sort, ...filter }: FleetQuery): Promise<InFleet<FactoryName>> {
    const names = await this.factories.findNames(reach, filter);
    return this.page(reach, 'factoryId', names, { limit, offset, sort });
  }

  /**
   * The same for organizations, in one statement for all of them.
   * @throws NotReadyError
   */
  async findOrganizations(
    reach: Reach,
    { limit, offset, sort, ...filter }: FleetOrganizationsQuery,
  ): Promise<InFleet<OrganizationName>> {
    const names = await this.factories.findOrganizationNames(reach, filter);
    return this.page(reach, 'organizationId', names, { limit, offset, sort });
  }

  /** @param by what the connections of a row have in common: its id */
  private page<Row extends { readonly id: string }>(
    reach: Reach,
    by: 'factoryId' | 'organizationId',
    rows: readonly Row[],
    { limit, offset, sort }: FleetPage,
  ): InFleet<Row> {
    const tallies = groupBy(this.status.tally(reach, {}), (tally) => tally[by]);
    const talliesOf = ({ id }: Row) => tallies.get(id) ?? [];
    const troubleOf = (row: Row) => talliesOf(row).reduce((sum, { inTrouble }) => sum + inTrouble.size, 0);
    const shown = inOrder(rows, sort, troubleOf).slice(offset, offset + limit);
    return { items: shown.map((row) => ({ row, summary: summarize(talliesOf(row)) })), total: rows.length };
  }
}
