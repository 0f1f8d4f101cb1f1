import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import type { Metadata } from '../common/metadata';
import { ReadOnlyFieldError } from '../http/contract/read-only';
import { LivingRows, softDeleteBelow } from '../database/sql/living-rows';
import { Selection } from '../database/sql/selection';
import { UnknownOrganizationError } from '../organizations/organization.errors';
import { Factory } from './factory.entity';
import type { FactoryRow } from './factory.entity';

/** The fields of a factory that users can change. Undefined fields are not changed. */
export interface FactoryChanges {
  /** Cannot be changed; must equal the stored value. */
  readonly organizationId?: string;
  readonly name?: string;
  readonly location?: string | null;
  readonly timezone?: string;
  readonly metadata?: Metadata;
}

export interface NewFactory extends FactoryChanges {
  readonly organizationId: string;
  readonly name: string;
}

export interface FactoryQuery extends PageRequest {
  readonly ids?: readonly string[];
  readonly organizationId?: string;
  readonly search?: string;
}

export interface FactoryNamesQuery {
  readonly organizationId?: string | undefined;
  readonly search?: string | undefined;
}

/** What people know a factory by. */
export interface FactoryName extends Pick<FactoryRow, 'id' | 'organizationId' | 'name' | 'timezone'> {
  /** Name of the organization. */
  readonly organization: string;
}

export interface OrganizationNamesQuery {
  readonly ids?: readonly string[] | undefined;
  readonly search?: string | undefined;
}

/** An organization, and how many factories it has. */
export interface OrganizationName {
  readonly id: string;
  readonly name: string;
  readonly factories: number;
}

/** Living factories within reach; others are not visible. */
@Injectable()
export class FactoriesRepository {
  private readonly rows: LivingRows<Factory, FactoryRow>;

  constructor(@InjectRepository(Factory) private readonly repository: Repository<Factory>) {
    this.rows = new LivingRows(repository, { object: 'factory', organization: 'organization_id' });
  }

  /** @throws UnknownOrganizationError, IdempotencyKeyReusedError */
  create(actor: Actor, draft: NewFactory, once?: Once): Promise<Created<FactoryRow>> {
    const parent = { table: 'organizations', organization: 'id', id: draft.organizationId } as const;
    return this.rows.createOnce(actor, once, async () => {
      const factory = await this.rows.insertBelow(actor, parent, draft, once);
      if (!factory) throw new UnknownOrganizationError(draft.organizationId);
      return factory;
    });
  }

  findById(reach: Reach, id: string): Promise<FactoryRow | null> {
    return this.rows.findById(reach, id);
  }

  findAll(reach: Reach, { ids, organizationId, search, ...page }: FactoryQuery): Promise<Page<FactoryRow>> {
    const selection = new Selection(reach, 'organization_id')
      .whereIdIn(ids)
      .where('organization_id', organizationId)
      .whereContains(['name'], search);
    return this.rows.findPage(selection, page);
  }

  /** All of them, by name, then id. */
  findNames(reach: Reach, { organizationId, search }: FactoryNamesQuery = {}): Promise<FactoryName[]> {
    const { condition, parameters } = new Selection(reach, 'organization_id')
      .where('organization_id', organizationId)
      .whereContains(['name'], search);
    return this.repository.query<FactoryName[]>(
      `SELECT id, organization_id AS "organizationId", name, timezone,
         (SELECT name FROM organizations WHERE id = factories.organization_id) AS organization
       FROM factories WHERE ${condition} ORDER BY name, id`,
      parameters.values,
    );
  }

  /** All organizations, by name, then id, each with the number of its factories. */
  findOrganizationNames(reach: Reach, { ids, search }: OrganizationNamesQuery = {}): Promise<OrganizationName[]> {
    const { condition, parameters } = new Selection(reach, 'id').whereIdIn(ids).whereContains(['name'], search);
    return this.repository.query<OrganizationName[]>(
      `SELECT id, name, (SELECT count(*)::int FROM factories
                         WHERE organization_id = organizations.id AND deleted_at IS NULL) AS factories
       FROM organizations WHERE ${condition} ORDER BY name, id`,
      parameters.values,
    );
  }

  findByOrganization(reach: Reach, organizationId: string, page: PageRequest): Promise<Page<FactoryRow>> {
    return this.findAll(reach, { organizationId, ...page });
  }

  /**
   * Null if there is no such living factory.
   * @throws ReadOnlyFieldError, PreconditionFailedError
   */
  async update(
    actor: Actor,
    id: string,
    { organizationId, ...changes }: FactoryChanges,
    { ifMatch }: IfMatch = {},
  ): Promise<FactoryRow | null> {
    const factory = await this.rows.update(actor, id, changes, { only: { organizationId }, ifMatch });
    if (!factory && organizationId !== undefined && (await this.findById(actor, id)))
      throw new ReadOnlyFieldError('organization_id');
    return factory;
  }

  /**
   * Deletes a factory and its gateways together, so that a living gateway never has a deleted factory.
   * Writes both tables here, because with two repositories one would have to pass its transaction to the other.
   * @returns the ids of the gateways that were deleted with it, or null if there is no such living factory.
   * @throws PreconditionFailedError
   */
  softDelete(actor: Actor, id: string, { ifMatch }: IfMatch = {}): Promise<string[] | null> {
    return this.repository.manager.transaction(async (manager) => {
      if (!(await this.rows.softDelete(actor, id, { ifMatch, manager }))) return null;
      return softDeleteBelow(manager, actor, { table: 'gateways', parent: 'factory_id', object: 'gateway' }, [id]);
    });
  }
}
