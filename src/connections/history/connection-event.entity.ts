import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import type { Moment } from '../../common/clock';
import { Gateway } from '../../gateways/gateway.entity';
import type { ConnectionState, Reason } from '../connection-state';

const STATES = `('disconnected', 'connecting', 'authenticating', 'connected', 'reconnecting', 'auth_failed')`;

/** A change of a connection's state, or many of them folded into one row. A row is never changed in place: it is replaced. */
@Entity('gateway_connection_events')
@Index('ix_gateway_connection_events_gateway_id_id', ['gatewayId', 'id'])
@Index('ix_gateway_connection_events_at', ['at'])
@Check('ck_gateway_connection_events_from_state', `"from_state" IN ${STATES}`)
@Check('ck_gateway_connection_events_to_state', `"to_state" IN ${STATES}`)
export class ConnectionEvent {
  /** Made by the service, each greater than all before it, whatever the clock says: it orders the rows, and a row that is sent twice is one row. */
  @PrimaryColumn({ type: 'uuid' })
  readonly id!: string;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  /** When the first of its changes happened. */
  @Column({ type: 'timestamptz' })
  readonly firstAt!: Date;

  /** When the latest of its changes happened. */
  @Column({ type: 'timestamptz' })
  readonly at!: Date;

  /** Before the first of its changes. */
  @Column({ name: 'from_state', type: 'text' })
  readonly from!: ConnectionState;

  /** After the latest of its changes, as are the reason and the attempt. */
  @Column({ name: 'to_state', type: 'text' })
  readonly to!: ConnectionState;

  @Column({ type: 'jsonb', nullable: true })
  readonly reason!: Reason | null;

  @Column({ type: 'integer' })
  readonly attempt!: number;

  /** How many changes it stands for. */
  @Column({ type: 'integer', default: 1 })
  readonly count!: number;
}

/** An event as it is written and read. */
export type ConnectionEventRow = Omit<ConnectionEvent, 'gateway'>;

/** An event that is not written yet. Its times are moments, so that what is stored is right also if the clock is set meanwhile. */
export interface WaitingEvent extends Omit<ConnectionEventRow, 'firstAt' | 'at'> {
  readonly firstAt: Moment;
  readonly at: Moment;
}
