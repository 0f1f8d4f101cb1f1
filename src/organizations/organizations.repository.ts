import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import type { Metadata } from '../common/metadata';
import { insertAuditSql } from '../database/sql/audit-sql';
import { LivingRows, softDeleteBelow } from '../database/sql/living-rows';
import { Parameters } from '../database/sql/parameters';
import { Selection } from '../database/sql/selection';
import { Organization } from './organization.entity';
import type { OrganizationRow } from './organization.entity';
import { OrganizationNotEmptyError } from './organization.errors';

/** The fields of an organization that users can change. Undefined fields are not changed. */
export interface OrganizationChanges {
  readonly name?: string;
  readonly metadata?: Metadata;
  /** Null: no further limit than `GATEWAY_NETWORKS`. */
  readonly gatewayNetworks?: string[] | null;
}

/** An organization that narrows `GATEWAY_NETWORKS`. */
export interface NarrowingOrganization {
  readonly id: string;
  readonly gatewayNetworks: readonly string[];
}

export interface NewOrganization extends OrganizationChanges {
  readonly name: string;
}

const FACTORIES_BELOW = { table: 'factories', parent: 'organization_id', object: 'factory' } as const;
const GATEWAYS_BELOW = { table: 'gateways', parent: 'factory_id', object: 'gateway' } as const;

export interface OrganizationQuery extends PageRequest {
  readonly ids?: readonly string[];
  readonly search?: string;
}

/** Living organizations within reach; others are not visible. */
@Injectable()
export class OrganizationsRepository {
  private readonly rows: LivingRows<Organization, OrganizationRow>;

  constructor(@InjectRepository(Organization) private readonly repository: Repository<Organization>) {
    this.rows = new LivingRows(repository, { object: 'organization', organization: 'id' });
  }

  /** @throws IdempotencyKeyReusedError */
  create(actor: Actor, draft: NewOrganization, once?: Once): Promise<Created<OrganizationRow>> {
    return this.rows.createOnce(actor, once, () => this.rows.insert(actor, draft, once));
  }

  findById(reach: Reach, id: string): Promise<OrganizationRow | null> {
    return this.rows.findById(reach, id);
  }

  findAll(reach: Reach, { ids, search, ...page }: OrganizationQuery): Promise<Page<OrganizationRow>> {
    return this.rows.findPage(new Selection(reach, 'id').whereIdIn(ids).whereContains(['name'], search), page);
  }

  /** The organizations that narrow `GATEWAY_NETWORKS`. */
  findNetworks(reach: Reach): Promise<NarrowingOrganization[]> {
    const { condition, parameters } = new Selection(reach, 'id').and('gateway_networks IS NOT NULL');
    return this.repository.query(
      `SELECT ${this.rows.columns.list(['id', 'gatewayNetworks'])} FROM organizations AS "row" WHERE ${condition}`,
      parameters.values,
    );
  }

  /** Null if there is no such living organization. @throws PreconditionFailedError */
  update(
    actor: Actor,
    id: string,
    changes: OrganizationChanges,
    condition: IfMatch = {},
  ): Promise<OrganizationRow | null> {
    return this.rows.update(actor, id, changes, condition);
  }

  /**
   * Deletes an organization, and with `cascade` its factories and gateways. Writes three tables, for the reason given at
   * `FactoriesRepository.softDelete`. Locks are taken from parent to child, as in every other write.
   * @returns the ids of the gateways that were deleted with it, or null if there is no such living organization
   * @throws OrganizationNotEmptyError if it has living factories and `cascade` is false; PreconditionFailedError
   */
  softDelete(actor: Actor, id: string, cascade: boolean, { ifMatch }: IfMatch = {}): Promise<string[] | null> {
    return this.repository.manager.transaction(async (manager) => {
      if (!(await this.rows.softDelete(actor, id, { ifMatch, manager }))) return null;
      await recordEndedKeys(manager, actor, id);
      const factories = await softDeleteBelow(manager, actor, FACTORIES_BELOW, [id]);
      if (factories.length > 0 && !cascade) throw new OrganizationNotEmptyError();
      return softDeleteBelow(manager, actor, GATEWAYS_BELOW, factories);
    });
  }
}

/** Records the keys that the deletion of an organization has revoked, by a trigger, in this transaction. */
async function recordEndedKeys(manager: EntityManager, actor: Actor, organizationId: string): Promise<void> {
  const parameters = new Parameters();
  const ended = `SELECT * FROM api_keys WHERE organization_id = ${parameters.add(organizationId)} AND revoked_at = now()`;
  const row = {
    action: 'key.revoke',
    object: 'key',
    id: 'id',
    organizationId: 'organization_id',
    from: 'ended',
  } as const;
  await manager.query(`WITH ended AS (${ended}) ${insertAuditSql(actor, row, parameters)}`, parameters.values);
}
