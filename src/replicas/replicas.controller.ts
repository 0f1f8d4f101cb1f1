import { Controller, Get, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { Ownership } from '../ownership/ownership';
import { ReplicaFigures } from './replica-figures';
import { ReplicaListDto, toReplicaDto } from './replica.dto';

@ApiTags('health')
@Controller('replicas')
export class ReplicasController {
  constructor(
    private readonly ownership: Ownership,
    private readonly figures: ReplicaFigures,
  ) {}

  @Get()
  @Operation({
    id: 'listReplicas',
    summary: 'List the replicas of the service',
    description:
      'The processes that share the gateways, ordered by name, as this one knows them from memory; only this one if `NATS_URL` is not set. ' +
      '`gateways` and `connected` are null for callers of one organization.',
    permission: 'audit:read',
  })
  @JsonResponse(200, ReplicaListDto)
  list(@Req() { actor }: ApiRequest): ReplicaListDto {
    const { self } = this.ownership;
    const seesAll = actor.organizationId === null;
    const replicas = this.ownership.replicas().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return {
      data: replicas.map((replica) => toReplicaDto(replica, self.id, this.figures.of(replica.id), seesAll)),
    };
  }
}
