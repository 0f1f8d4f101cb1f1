import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The refused logins of one account within an hour, over all gateways and tests. */
@Entity('gateway_accounts')
@Index('ix_gateway_accounts_since', ['since'])
@Check('ck_gateway_accounts_refusals', `"refusals" >= 0`)
export class GatewayAccount {
  /** HMAC of host, port and e-mail, so the table reveals neither. */
  @PrimaryColumn({ type: 'bytea' })
  readonly digest!: Buffer;

  /** Logins that were refused or whose outcome is unknown. */
  @Column({ type: 'integer' })
  readonly refusals!: number;

  /** When the hour started. */
  @Column({ type: 'timestamptz' })
  readonly since!: Date;
}
