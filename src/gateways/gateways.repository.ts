import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import { CredentialsUnreadableError } from '../crypto/credential-cipher';
import type { Secret } from '../crypto/secret';
import type { Metadata } from '../common/metadata';
import { lockLiving } from '../database/locking';
import { containsPattern, findPage, toPattern } from '../database/paging';
import { isDeadlock, isViolationOf } from '../database/violations';
import type { DesiredState } from '../events/domain-events';
import { Factory } from '../factories/factory.entity';
import { UnknownFactoryError } from '../factories/factory.errors';
import { LOGIN_BUDGET, toConnectionTarget } from './connection-target';
import type { ConnectionTarget, GatewayRevision, TlsSettings } from './connection-target';
import { Gateway } from './gateway.entity';
import type { GatewayRow } from './gateway.entity';
import { GatewayIdTakenError } from './gateway.errors';

/** What users may change of a gateway. Undefined means: leave it. */
export interface GatewayChanges {
  readonly label?: string;
  readonly name?: string;
  readonly url?: string;
  readonly email?: string;
  readonly password?: Secret;
  readonly tls?: TlsSettings | null;
  readonly model?: string | null;
  readonly firmwareVersion?: string | null;
  readonly metadata?: Metadata;
}

export interface NewGateway extends GatewayChanges {
  readonly factoryId: string;
  readonly label: string;
  readonly name: string;
  readonly url: string;
  readonly email: string;
  readonly password: Secret;
  readonly desiredState?: DesiredState;
}

export interface GatewayQuery extends PageRequest {
  readonly factoryId?: string;
  readonly search?: string;
}

/** When a gateway last gave a sign of life. */
export interface Sighting {
  readonly gatewayId: string;
  readonly at: Date;
}

/** Whether a change makes another connection of it, for which the login budget begins anew. Equal values are no change. */
const IS_NEW_CONNECTION = `(
  "url" <> COALESCE(CAST(:newUrl AS text), "url")
  OR "email" <> COALESCE(CAST(:newEmail AS text), "email")
  OR CAST(:isNewPassword AS boolean)
  OR CAST(:isTlsSent AS boolean) AND COALESCE("tls", 'null') <> CAST(:newTls AS jsonb))`;

/** Every column, the password among them, which an ordinary read leaves out. */
const withPassword = ['row', 'row.password'];

/** Living gateways, and nothing else: TypeORM's reads leave out deleted rows, and every write names `deletedAt`. */
@Injectable()
export class GatewaysRepository {
  constructor(@InjectRepository(Gateway) private readonly rows: Repository<Gateway>) {}

  /** @throws UnknownFactoryError, GatewayIdTakenError */
  create(draft: NewGateway): Promise<GatewayRow> {
    return this.write(async (manager) => {
      if (!(await lockLiving(manager, Factory, draft.factoryId))) throw new UnknownFactoryError(draft.factoryId);

      const { tls = null, model = null, firmwareVersion = null } = draft;
      const unset = { lastSeenAt: null, nextLoginAt: null };
      const gateway = manager.create(Gateway, { ...draft, ...unset, tls, model, firmwareVersion });
      await manager.insert(Gateway, gateway); // Fills in what the database decided: key, times and defaults.
      return gateway;
    });
  }

  findById(id: string): Promise<GatewayRow | null> {
    return this.rows.findOneBy({ id });
  }

  findAll({ factoryId, search, ...page }: GatewayQuery): Promise<Page<GatewayRow>> {
    const query = this.rows.createQueryBuilder('row');
    if (factoryId !== undefined) query.andWhere({ factoryId });
    if (search !== undefined) {
      query.andWhere(containsPattern('row.name', 'row.label'), { pattern: toPattern(search) });
    }
    return findPage(query, page);
  }

  /** Every gateway that should be connected, with what a connection needs. */
  async findActive(): Promise<ConnectionTarget[]> {
    const query = this.rows.createQueryBuilder('row').select(withPassword).where({ desiredState: 'connected' });
    return (await query.getMany()).map(toConnectionTarget);
  }

  /** What connections to these gateways need; the deleted ones are missing from the answer. */
  async findTargets(ids: readonly string[]): Promise<ConnectionTarget[]> {
    const query = this.rows
      .createQueryBuilder('row')
      .select(withPassword)
      .where({ id: In(ids) });
    return (await query.getMany()).map(toConnectionTarget);
  }

  /** One small record for each gateway. */
  findRevisions(): Promise<GatewayRevision[]> {
    return this.rows.find({ select: { id: true, revision: true } });
  }

  /**
   * Null when there is no such living gateway.
   * @throws GatewayIdTakenError
   */
  update(id: string, { password, ...changes }: GatewayChanges): Promise<GatewayRow | null> {
    return this.write(async (manager) => {
      const isNewPassword = password !== undefined && (await this.isAnotherPassword(manager, id, password));

      const { affected } = await manager
        .createQueryBuilder()
        .update(Gateway)
        .set({
          ...changes,
          ...(isNewPassword && { password }),
          connectionVersion: () => `"connection_version" + CASE WHEN ${IS_NEW_CONNECTION} THEN 1 ELSE 0 END`,
          loginAccepted: () => `"login_accepted" AND NOT ${IS_NEW_CONNECTION}`,
          loginRefusals: () => `CASE WHEN ${IS_NEW_CONNECTION} THEN 0 ELSE "login_refusals" END`,
          nextLoginAt: () => `CASE WHEN ${IS_NEW_CONNECTION} THEN NULL ELSE "next_login_at" END`,
        })
        .setParameters({
          newUrl: changes.url ?? null,
          newEmail: changes.email ?? null,
          isNewPassword,
          isTlsSent: changes.tls !== undefined,
          newTls: JSON.stringify(changes.tls ?? null),
        })
        .where({ id, deletedAt: IsNull() })
        .execute();
      return affected === 0 ? null : manager.findOneByOrFail(Gateway, { id });
    });
  }

  /**
   * Stores what the operator wants, and grants one login if none is left of the budget. Null when there is no such living gateway.
   */
  async setDesiredState(id: string, desiredState: DesiredState, grantsLogin: boolean): Promise<GatewayRow | null> {
    const grant = {
      loginRefusals: () => `LEAST("login_refusals", ${LOGIN_BUDGET - 1})`,
      nextLoginAt: () => `CASE WHEN "next_login_at" IS NOT NULL THEN now() END`,
    };
    await this.rows.update({ id, deletedAt: IsNull() }, { desiredState, ...(grantsLogin && grant) });
    return this.findById(id);
  }

  /** Says whether there was a living gateway to delete. */
  async softDelete(id: string): Promise<boolean> {
    const { affected } = await this.rows.update({ id, deletedAt: IsNull() }, { deletedAt: () => 'now()' });
    return affected === 1;
  }

  /**
   * Stores many sightings in one statement and returns the ids it wrote. Rows that another transaction holds are skipped
   * rather than waited for, so it never takes part in a deadlock; the caller tries those again.
   */
  async recordSightings(sightings: readonly Sighting[]): Promise<string[]> {
    const [written] = await this.rows.query<[{ id: string }[], number]>(
      `WITH seen AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at)),
            free AS (SELECT id, seen.at FROM gateways JOIN seen USING (id) WHERE deleted_at IS NULL
                     ORDER BY id FOR NO KEY UPDATE OF gateways SKIP LOCKED)
       UPDATE gateways SET last_seen_at = GREATEST(last_seen_at, free.at) FROM free
       WHERE gateways.id = free.id RETURNING gateways.id`,
      [sightings.map(({ gatewayId }) => gatewayId), sightings.map(({ at }) => at)],
    );
    return written.map(({ id }) => id);
  }

  /** Locks the row, so that two changes cannot both compare with the same old password. */
  private async isAnotherPassword(manager: EntityManager, id: string, password: Secret): Promise<boolean> {
    const current = await manager.findOne(Gateway, {
      where: { id },
      select: { id: true, password: true },
      lock: { mode: 'pessimistic_write' },
    });
    try {
      return current !== null && current.password.reveal() !== password.reveal();
    } catch (error) {
      if (error instanceof CredentialsUnreadableError) return true; // Any password is better than one that cannot be read.
      throw error;
    }
  }

  private async write<Result>(work: (manager: EntityManager) => Promise<Result>, isSecondTry = false): Promise<Result> {
    try {
      return await this.rows.manager.transaction(work);
    } catch (error) {
      if (isViolationOf('uq_gateways_gateway_id', error)) throw new GatewayIdTakenError({ cause: error });
      // Two gateways that take each other's label at once wait for each other. PostgreSQL ends one; the other goes its way.
      if (isDeadlock(error) && !isSecondTry) return this.write(work, true);
      throw error;
    }
  }
}
