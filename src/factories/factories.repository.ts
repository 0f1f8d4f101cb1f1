import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { LivingRows } from '../database/sql/living-rows';
import { Selection } from '../database/sql/selection';
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

/** Living factories, and nothing else. */
@Injectable()
export class FactoriesRepository {
  private readonly rows: LivingRows<Factory>;

  constructor(@InjectRepository(Factory) private readonly repository: Repository<Factory>) {
    this.rows = new LivingRows(repository);
  }

  /** @throws UnknownOrganizationError */
  async create(draft: NewFactory): Promise<Factory> {
    const factory = await this.rows.insertBelow({ table: 'organizations', id: draft.organizationId }, draft);
    if (!factory) throw new UnknownOrganizationError(draft.organizationId);
    return factory;
  }

  findById(id: string): Promise<Factory | null> {
    return this.rows.findById(id);
  }

  findAll({ organizationId, search, ...page }: FactoryQuery): Promise<Page<Factory>> {
    const selection = new Selection().where('organization_id', organizationId).whereContains(['name'], search);
    return this.rows.findPage(selection, page);
  }

  findByOrganization(organizationId: string, page: PageRequest): Promise<Page<Factory>> {
    return this.findAll({ organizationId, ...page });
  }

  /** Null when there is no such living factory. */
  update(id: string, changes: FactoryChanges): Promise<Factory | null> {
    return this.rows.update(id, changes);
  }

  /**
   * Deletes a factory and its gateways together, so that a living gateway never has a deleted factory.
   * It writes two tables for that: one transaction cannot be spread over two repositories without one of them lending its own.
   * @returns the ids of the gateways that were deleted with it, or null when there is no such living factory.
   */
  softDelete(id: string): Promise<string[] | null> {
    return this.repository.manager.transaction(async (manager) => {
      if (!(await this.rows.softDelete(id, manager))) return null;

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
