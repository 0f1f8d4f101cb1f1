import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import { FactoriesService } from '../factories/factories.service';
import type { FactoryName } from '../factories/factories.repository';
import type { TallyFilter } from '../status/fleet-tallies';
import { StatusService } from '../status/status.service';
import { inOrder } from './factory-order';
import type { FactorySort } from './factory-order';
import { summarize } from './summary';
import type { Summary } from './summary';

export interface FleetQuery {
  readonly limit: number;
  readonly offset: number;
  readonly sort: FactorySort;
  readonly organizationId?: string | undefined;
  readonly search?: string | undefined;
}

export interface FactoryInFleet {
  readonly factory: FactoryName;
  readonly summary: Summary;
}

export interface FactoriesInTrouble {
  readonly items: FactoryInFleet[];
  /** On all pages. */
  readonly total: number;
}

/** The fleet as a whole, and by factory. */
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
  async findFactories(reach: Reach, { limit, offset, sort, ...filter }: FleetQuery): Promise<FactoriesInTrouble> {
    const names = await this.factories.findNames(reach, filter);
    const tallies = new Map(this.status.tally(reach, {}).map((tally) => [tally.factoryId, tally]));
    const ordered = inOrder(names, sort, ({ id }) => tallies.get(id)?.inTrouble.size ?? 0);
    const items = ordered.slice(offset, offset + limit).map((factory) => {
      const tally = tallies.get(factory.id);
      return { factory, summary: summarize(tally ? [tally] : []) };
    });
    return { items, total: names.length };
  }
}
