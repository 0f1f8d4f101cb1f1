import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page';
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
  readonly organizationId?: string;
  readonly search?: string;
}

/** Living factories only; deleted ones are not visible. */
@Injectable()
export class FactoriesRepository {
  private readonly rows: LivingRows<Factory, FactoryRow>;

  constructor(@InjectRepository(Factory) private readonly repository: Repository<Factory>) {
    this.rows = new LivingRows(repository);
  }

  /** @throws UnknownOrganizationError */
  async create(draft: NewFactory): Promise<FactoryRow> {
    const factory = await this.rows.insertBelow({ table: 'organizations', id: draft.organizationId }, draft);
    if (!factory) throw new UnknownOrganizationError(draft.organizationId);
    return factory;
  }

  findById(id: string): Promise<FactoryRow | null> {
    return this.rows.findById(id);
  }

  findAll({ organizationId, search, ...page }: FactoryQuery): Promise<Page<FactoryRow>> {
    const selection = new Selection().where('organization_id', organizationId).whereContains(['name'], search);
    return this.rows.findPage(selection, page);
  }

  findByOrganization(organizationId: string, page: PageRequest): Promise<Page<FactoryRow>> {
    return this.findAll({ organizationId, ...page });
  }

  /**
   * Null if there is no such living factory.
   * @throws ReadOnlyFieldError
   */
  async update(id: string, { organizationId, ...changes }: FactoryChanges): Promise<FactoryRow | null> {
    const factory = await this.rows.update(id, changes, { only: { organizationId } });
    if (!factory && organizationId !== undefined && (await this.findById(id)))
      throw new ReadOnlyFieldError('organization_id');
    return factory;
  }

  /**
   * Deletes a factory and its gateways together, so that a living gateway never has a deleted factory.
   * Writes both tables here, because with two repositories one would have to pass its transaction to the other.
   * @returns the ids of the gateways that were deleted with it, or null if there is no such living factory.
   */
  softDelete(id: string): Promise<string[] | null> {
    return this.repository.manager.transaction(async (manager) => {
      if (!(await this.rows.softDelete(id, manager))) return null;
      return softDeleteBelow(manager, { table: 'gateways', parent: 'factory_id' }, [id]);
    });
  }
}
