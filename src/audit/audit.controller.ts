import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { AuditPageDto, AuditQueryDto, toAuditPageDto, toAuditQuery } from './audit.dto';
import { AuditTrail } from './audit-trail';

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @Operation({
    id: 'listAuditRecords',
    summary: 'List who did what',
    description:
      'Changes, orders, connection tests, commands and refused requests, newest first, kept for `AUDIT_RETENTION_DAYS`. Filters can be ' +
      'combined. Nobody can change or delete a record.',
    permission: 'audit:read',
  })
  @JsonResponse(200, AuditPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: AuditQueryDto): Promise<AuditPageDto> {
    const request = toAuditQuery(query);
    return toAuditPageDto(await this.trail.findPage(actor, request), request);
  }
}
