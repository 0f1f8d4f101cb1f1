import { z } from 'zod';
import { AUDIT_ACTIONS, AUDIT_OBJECTS } from '../common/audit-actions';
import { createZodDto } from '../http/contract/zod-dto';
import { id, requiredText, timestamp } from '../http/contract/fields';
import { cursorPagination, idCursor, idInCursor, toCursorPagination } from '../http/contract/id-cursor';
import { pageQuery } from '../http/contract/page.dto';
import type { AuditRecord } from './audit-record.entity';
import type { AuditPage, AuditQuery } from './audit.repository';

const time = z.iso.datetime({ offset: true }).meta({ example: '2026-02-09T00:00:00Z' });
const action = z.enum(AUDIT_ACTIONS).meta({ example: 'gateway.update' });
const objectType = z.enum(AUDIT_OBJECTS).meta({ example: 'gateway' });

export class AuditQueryDto extends createZodDto(
  z.strictObject({
    limit: pageQuery.limit,
    cursor: idCursor,
    actor_id: requiredText(255).optional().meta({ description: 'Only acts of this actor' }),
    action: action.optional().meta({ description: 'Only this action' }),
    object_type: objectType.optional().meta({ description: 'Only acts on objects of this type' }),
    object_id: id.optional().meta({ description: 'Only acts on this object' }),
    request_id: requiredText(64)
      .optional()
      .meta({ description: 'Only acts of this request: the `x-request-id` of its response' }),
    from: time.optional().meta({ description: 'Only acts at or after this time' }),
    to: time.optional().meta({ description: 'Only acts before this time' }),
  }),
) {}

const auditRecord = z
  .object({
    id,
    at: timestamp,
    actor: z
      .object({
        kind: z.enum(['key', 'command', 'system', 'anonymous']).meta({
          description:
            '`anonymous`: nobody was asked. `command`: somebody with a shell on the machine. `system`: the service itself',
        }),
        id: z.string().meta({ example: 'anonymous' }),
        name: z.string().meta({ description: 'Its name at that time', example: 'anonymous' }),
      })
      .meta({ id: 'AuditActor' }),
    organization_id: id.nullable().meta({ description: 'The organization that the act belongs to, if to one' }),
    action,
    object_type: objectType.nullable(),
    object_id: id.nullable(),
    changes: z
      .record(z.string(), z.array(z.unknown()).length(2))
      .nullable()
      .meta({
        description:
          'The fields that changed, each as `[old, new]`. Passwords are `[secret]`, metadata is `[metadata]`, `tls.ca` is its SHA-256. ' +
          'For a test: the origin that was dialled. For refused requests: what was refused, or how often',
        example: { name: ['Press line', 'Press line 4'] },
      }),
    outcome: z.enum(['done', 'refused']),
    request_id: z.string().nullable().meta({ example: '5f0c6e2a-9b1d-4c3e-8f7a-1d2e3f4a5b6c' }),
    address: z.string().nullable().meta({ description: 'IP address of the caller', example: '10.0.0.7' }),
    user_agent: z.string().nullable().meta({ example: 'curl/8.5.0' }),
  })
  .meta({ id: 'AuditRecord' });

export class AuditRecordDto extends createZodDto(auditRecord) {}

export class AuditPageDto extends createZodDto(
  z.object({ data: z.array(auditRecord), pagination: cursorPagination }).meta({ id: 'AuditPage' }),
) {}

export function toAuditQuery(query: AuditQueryDto): AuditQuery {
  return {
    limit: query.limit,
    before: query.cursor === undefined ? undefined : idInCursor(query.cursor),
    actorId: query.actor_id,
    action: query.action,
    objectType: query.object_type,
    objectId: query.object_id,
    requestId: query.request_id,
    from: query.from === undefined ? undefined : new Date(query.from),
    to: query.to === undefined ? undefined : new Date(query.to),
  };
}

export function toAuditPageDto({ items, hasMore }: AuditPage, { limit }: AuditQuery): AuditPageDto {
  return {
    data: items.map(toAuditRecordDto),
    pagination: toCursorPagination(hasMore ? items.at(-1) : undefined, limit),
  };
}

export function toAuditRecordDto(record: AuditRecord): AuditRecordDto {
  return {
    id: record.id,
    at: record.at.toISOString(),
    actor: { kind: record.actorKind, id: record.actorId, name: record.actorName },
    organization_id: record.organizationId,
    action: record.action,
    object_type: record.objectType,
    object_id: record.objectId,
    changes: record.changes as AuditRecordDto['changes'],
    outcome: record.outcome,
    request_id: record.requestId,
    address: record.address,
    user_agent: record.userAgent,
  };
}
