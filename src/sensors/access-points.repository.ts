import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../common/actor';
import type { Page, PageRequest } from '../common/page';
import { SqlColumns } from '../database/sql/columns';
import { findPage } from '../database/sql/find-page';
import { AccessPoint } from './access-point.entity';
import type { AccessPointRow } from './access-point.entity';
import { selectWithin } from './within-reach.sql';

export interface AccessPointQuery extends PageRequest {
  readonly gatewayId?: string;
}

/** Access points of living gateways within reach; others are not visible. */
@Injectable()
export class AccessPointsRepository {
  private readonly columns: SqlColumns<AccessPoint>;

  constructor(@InjectRepository(AccessPoint) private readonly repository: Repository<AccessPoint>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  findAll(reach: Reach, { gatewayId, ...page }: AccessPointQuery): Promise<Page<AccessPointRow>> {
    return findPage<AccessPointRow>(this.repository, this.columns, selectWithin(reach).where('gateway_id', gatewayId), {
      sort: 'serial',
      ...page,
    });
  }
}
