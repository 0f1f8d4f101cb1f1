import { Check, Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../gateways/gateway.entity';

/** The outcomes so far of one login of a gateway: of one version of its address and credentials. Without a row, it was never tried. */
@Entity('gateway_logins')
@Check('ck_gateway_logins_refusals', `"refusals" >= 0`)
export class GatewayLogin {
  @PrimaryColumn({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @PrimaryColumn({ type: 'integer' })
  readonly connectionVersion!: number;

  /** Whether the gateway has ever accepted it. */
  @Column({ type: 'boolean', default: false })
  readonly accepted!: boolean;

  /** Tries since it was last accepted that were refused or whose outcome is unknown. */
  @Column({ type: 'integer', default: 0 })
  readonly refusals!: number;

  /** When the next try is due; null if no refusal was seen. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly nextLoginAt!: Date | null;
}
