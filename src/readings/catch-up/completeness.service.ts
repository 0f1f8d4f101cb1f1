import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../../common/actor';
import type { Actor, Reach } from '../../common/actor';
import { FactoryNotFoundError } from '../../factories/factory.errors';
import { GatewayNotFoundError } from '../../gateways/gateway.errors';
import type { Backfill } from './backfill.entity';
import { BackfillsRepository } from './backfills.repository';
import type { NewBackfill } from './backfills.repository';
import { BackfillEndedError, BackfillNotFoundError } from './catch-up.errors';
import { CatchUp } from './catch-up';
import { CompletenessRepository } from './completeness.repository';
import type { GapRow, StoredCompleteness } from './completeness.repository';

/**
 * `complete`: all that the gateway held at `verifiedThrough` is stored. `gaps`: but for records that cannot be fetched. `catching_up`:
 * the gateway is being asked, or soon will be. `unknown`: nothing was verified in the session that goes on, or there is none.
 */
export type Statement = 'complete' | 'catching_up' | 'gaps' | 'unknown';

export interface Completeness extends StoredCompleteness {
  readonly statement: Statement;
  readonly catchingUp: { readonly done: number; readonly left: number } | null;
}

/** Says whether readings are missing, and takes orders to fetch them. */
@Injectable()
export class CompletenessService {
  constructor(
    private readonly completeness: CompletenessRepository,
    private readonly backfills: BackfillsRepository,
    private readonly catchUp: CatchUp,
    @InjectPinoLogger(CompletenessService.name) private readonly logger: PinoLogger,
  ) {}

  /** By kind. @throws GatewayNotFoundError */
  async ofGateway(reach: Reach, gatewayId: string): Promise<Completeness[]> {
    const stored = await this.completeness.findOfGateway(reach, gatewayId);
    if (stored.length === 0) throw new GatewayNotFoundError(gatewayId);
    return stored.map((one) => this.judge(one));
  }

  /** By gateway and kind. @throws FactoryNotFoundError */
  async ofFactory(reach: Reach, factoryId: string): Promise<Completeness[]> {
    if (!(await this.completeness.hasFactory(reach, factoryId))) throw new FactoryNotFoundError(factoryId);
    return (await this.completeness.findOfFactory(reach, factoryId)).map((one) => this.judge(one));
  }

  /** @throws GatewayNotFoundError */
  async findGaps(reach: Reach, gatewayId: string): Promise<GapRow[]> {
    await this.ofGateway(reach, gatewayId);
    return this.completeness.findGaps(reach, gatewayId);
  }

  /** @throws GatewayNotFoundError */
  async order(actor: Actor, gatewayId: string, backfill: NewBackfill): Promise<Backfill> {
    const order = await this.backfills.create(actor, gatewayId, backfill);
    if (!order) throw new GatewayNotFoundError(gatewayId);
    this.catchUp.order(order);
    this.logger.info({ gatewayId, backfillId: order.id, ...by(actor) }, 'backfill ordered');
    return order;
  }

  /** @throws BackfillNotFoundError */
  async getBackfill(reach: Reach, id: string): Promise<Backfill> {
    const backfill = await this.backfills.findById(reach, id);
    if (!backfill) throw new BackfillNotFoundError(id);
    return backfill;
  }

  /** Stores it only: see `forget`. @returns the id of the gateway. @throws BackfillNotFoundError, BackfillEndedError */
  async cancel(actor: Actor, id: string): Promise<string> {
    const cancelled = await this.backfills.cancel(actor, id);
    if (!cancelled) {
      await this.getBackfill(actor, id);
      throw new BackfillEndedError();
    }
    this.logger.info({ gatewayId: cancelled.gatewayId, backfillId: id, ...by(actor) }, 'backfill cancelled');
    return cancelled.gatewayId;
  }

  /** Asks for no further page of a backfill that is cancelled. */
  forget(gatewayId: string, id: string): void {
    this.catchUp.cancel({ gatewayId, id });
  }

  private judge(stored: StoredCompleteness): Completeness {
    const status = this.catchUp.statusOf(stored.gatewayId);
    const catchingUp = status?.progress(stored.kind) ?? null;
    return { ...stored, catchingUp, statement: statementOf(stored, status?.connectedAt ?? null, catchingUp !== null) };
  }
}

/** What was verified before the session began says nothing about what the gateway has measured since. */
function statementOf(
  { verifiedThrough, gaps, missing }: StoredCompleteness,
  connectedAt: Date | null,
  isCatchingUp: boolean,
): Statement {
  if (connectedAt === null) return 'unknown';
  // Numbers on days of which there is a gap are missing for good; others came in between, and will be asked for.
  if (isCatchingUp || (missing.length > 0 && gaps === 0)) return 'catching_up';
  if (verifiedThrough === null || verifiedThrough < connectedAt) return 'unknown';
  return gaps > 0 ? 'gaps' : 'complete';
}
