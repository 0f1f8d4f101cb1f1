import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditAction, AuditChanges, AuditObject } from '../common/audit-actions';
import type { Actor } from '../common/actor';

/** One act of an actor. Written by SQL; a trigger refuses every later change. */
@Entity('audit_log')
@Index('ix_audit_log_organization_id_id', ['organizationId', 'id'])
@Index('ix_audit_log_object_id_id', ['objectId', 'id'])
@Index('ix_audit_log_actor_id_id', ['actorId', 'id'])
@Index('ix_audit_log_action_id', ['action', 'id'])
@Index('ix_audit_log_request_id_id', ['requestId', 'id'])
@Check('ck_audit_log_outcome', `"outcome" IN ('done', 'refused')`)
export class AuditRecord {
  /** A UUID of version 7, so that ids are in the order of time. */
  @PrimaryColumn({ type: 'uuid', default: () => 'uuid_v7()' })
  readonly id!: string;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  readonly at!: Date;

  @Column({ type: 'text' })
  readonly actorKind!: Actor['kind'];

  @Column({ type: 'text' })
  readonly actorId!: string;

  @Column({ type: 'text' })
  readonly actorName!: string;

  @Column({ type: 'uuid', nullable: true })
  readonly organizationId!: string | null;

  @Column({ type: 'text' })
  readonly action!: AuditAction;

  @Column({ type: 'text', nullable: true })
  readonly objectType!: AuditObject | null;

  @Column({ type: 'uuid', nullable: true })
  readonly objectId!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  readonly changes!: AuditChanges | null;

  @Column({ type: 'text', default: 'done' })
  readonly outcome!: 'done' | 'refused';

  @Column({ type: 'text', nullable: true })
  readonly requestId!: string | null;

  @Column({ type: 'inet', nullable: true })
  readonly address!: string | null;

  @Column({ type: 'varchar', length: 200, nullable: true })
  readonly userAgent!: string | null;
}
