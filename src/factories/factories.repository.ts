import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { lockLiving } from '../database/locking';
import { findPage, Selection } from '../database/paging';
import { SqlColumns } from '../database/sql-columns';
import { Organization } from '../organizations/organization.entity';
import { UnknownOrganizationError } from '../organizations/organization.errors';
import { Factory } from './factory.entity';

/** What users may change of a factory. Undefined means: leave it. */
export interface FactoryChanges {
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

/** Living factories, and nothing else: TypeORM's reads leave out deleted rows, and every write names `deletedAt`. */
@Injectable()
export class FactoriesRepository {
  private readonly columns: SqlColumns<Factory>;

  constructor(@InjectRepository(Factory) private readonly rows: Repository<Factory>) {
    this.columns = new SqlColumns(rows.metadata);
  }

  /** @throws UnknownOrganizationError */
  create(draft: NewFactory): Promise<Factory> {
    return this.rows.manager.transaction(async (manager) => {
      if (!(await lockLiving(manager, Organization, draft.organizationId))) {
        throw new UnknownOrganizationError(draft.organizationId);
      }
      const factory = manager.create(Factory, { ...draft, location: draft.location ?? null });
      await manager.insert(Factory, factory); // Fills in what the database decided: key, times and defaults.
      return factory;
    });
  }

  findById(id: string): Promise<Factory | null> {
    return this.rows.findOneBy({ id });
  }

  findAll({ organizationId, search, ...page }: FactoryQuery): Promise<Page<Factory>> {
    const selection = new Selection().where('organization_id', organizationId).whereContains(['name'], search);
    return findPage(this.rows, this.columns, selection, page);
  }

  findByOrganization(organizationId: string, page: PageRequest): Promise<Page<Factory>> {
    return this.findAll({ organizationId, ...page });
  }

  /** Null when there is no such living factory. */
  update(id: string, changes: FactoryChanges): Promise<Factory | null> {
    if (Object.values(changes).every((value) => value === undefined)) return this.findById(id); // SQL has no empty UPDATE.
    return this.rows.manager.transaction(async (manager) => {
      const { affected } = await manager.update(Factory, { id, deletedAt: IsNull() }, changes);
      return affected === 0 ? null : manager.findOneByOrFail(Factory, { id });
    });
  }

  /**
   * Deletes a factory and its gateways together, so that a living gateway never has a deleted factory.
   * It writes two tables for that: one transaction cannot be spread over two repositories without one of them lending its own.
   * @returns the ids of the gateways that were deleted with it, or null when there is no such living factory.
   */
  softDelete(id: string): Promise<string[] | null> {
    return this.rows.manager.transaction(async (manager) => {
      const { affected } = await manager.update(Factory, { id, deletedAt: IsNull() }, { deletedAt: () => 'now()' });
      if (affected === 0) return null;

      // In id order, like every statement that locks many gateways, so that two of them never wait for each other. And all of
      // them before the first is written: whoever has one of them and wants the label of another would wait for the write.
      await manager.query(
        `SELECT FROM gateways WHERE factory_id = $1 AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
        [id],
      );
      const [gateways] = await manager.query<[{ id: string }[], number]>(
        `UPDATE gateways SET deleted_at = now() WHERE factory_id = $1 AND deleted_at IS NULL RETURNING id`,
        [id],
      );
      return gateways.map((gateway) => gateway.id);
    });
  }
}
