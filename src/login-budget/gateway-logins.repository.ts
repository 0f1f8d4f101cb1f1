import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Moment } from '../common/clock';
import { joinOwned } from '../ownership/fence.sql';
import { Ownership } from '../ownership/ownership';
import { LOGIN_BUDGET } from './login-standing';
import { GatewayLogin } from './gateway-login.entity';

/** A login of one gateway with the address and credentials of one `connection_version`. */
export interface LoginTry {
  readonly gatewayId: string;
  readonly connectionVersion: number;
}

/** `spent`: no try is left. `outdated`: the gateway was changed or deleted meanwhile. `busy`: the gateway's row is in use; retry. */
export type TryVerdict = 'granted' | 'spent' | 'outdated' | 'busy';

/** The outcome of a try, as a change to the row. */
export interface LoginOutcome extends LoginTry {
  /** A login was accepted, which resets the count; the other fields cover what came after it. */
  readonly isAccepted: boolean;
  /** What to add to the refusals. */
  readonly refusals: number;
  /** When the next login is due. */
  readonly nextLoginAt: Moment | null;
}

interface TryRow {
  readonly id: string;
  readonly is_current: boolean;
  readonly is_granted: boolean;
  /** Another replica owns the gateway. */
  readonly is_stale: boolean;
}

/** SQL: the tries of a service that has every gateway, and nothing more to say of others. */
const TOLD = {
  told: 'told AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS told (id, version))',
  others: '',
};

/** SQL: the tries of gateways that replica $4 owns with the epochs $5. The others are outdated. */
const TOLD_BY_OWNER = {
  told: `asked AS (SELECT * FROM unnest($1::uuid[], $2::int[], $5::bigint[]) AS asked (id, version, epoch)),
            told AS (SELECT asked.id, asked.version FROM asked
                     ${joinOwned({ gateway: 'asked.id', epoch: 'asked.epoch', replica: '$4::uuid' })})`,
  others:
    ' UNION ALL SELECT id, false, false, true FROM asked WHERE NOT EXISTS (SELECT FROM told WHERE told.id = asked.id)',
};

/** SQL: locks the gateways of a table `told (id, version)` that are free, and tells whether each still has the version. */
const FREE = `free AS (SELECT told.*, connection_version = version AS is_current
  FROM gateways JOIN told USING (id) WHERE deleted_at IS NULL
  ORDER BY id FOR NO KEY UPDATE OF gateways SKIP LOCKED)`;

/** SQL: the ids of `told` whose gateway is deleted. */
const GONE = `SELECT id FROM told WHERE NOT EXISTS (SELECT FROM gateways WHERE gateways.id = told.id AND deleted_at IS NULL)`;

/**
 * Stores the login budgets of gateways, many in one statement. The gateway is locked while its row is written, so
 * its version cannot change. Batches skip gateways that another transaction has locked, so that they never take part in a deadlock.
 */
@Injectable()
export class GatewayLoginsRepository {
  /** Null if this process has every gateway. */
  private readonly shared: Ownership | null;

  constructor(
    @InjectRepository(GatewayLogin) private readonly rows: Repository<GatewayLogin>,
    @Optional() @Inject(Ownership) ownership: Ownership | null = null,
  ) {
    this.shared = ownership?.isShared ? ownership : null;
  }

  /**
   * Records tries that are about to be made, as far as the budgets allow. One of a gateway that another replica owns is `outdated`.
   * @returns a verdict for each, in the same order
   */
  async recordTries(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    const { shared } = this;
    const asked = shared ? TOLD_BY_OWNER : TOLD;
    const parameters = [
      tries.map(({ gatewayId }) => gatewayId),
      tries.map((each) => each.connectionVersion),
      LOGIN_BUDGET,
    ];
    const rows = await this.rows.query<TryRow[]>(
      // Without a refusal, the budget was spent by tries of unknown outcome. Another is granted, or the gateway would be stuck for ever.
      `WITH ${asked.told},
            ${FREE},
            granted AS (INSERT INTO gateway_logins AS login (gateway_id, connection_version, refusals)
                        SELECT id, version, 1 FROM free WHERE is_current
                        ON CONFLICT (gateway_id, connection_version) DO UPDATE SET refusals = login.refusals + 1
                        WHERE login.refusals < $3 OR login.next_login_at IS NULL
                        RETURNING gateway_id)
       SELECT id, is_current, gateway_id IS NOT NULL AS is_granted, false AS is_stale FROM free LEFT JOIN granted ON gateway_id = id
       UNION ALL SELECT id, false, false, false FROM (${GONE}) AS gone${asked.others}`,
      shared
        ? [...parameters, shared.self.id, tries.map(({ gatewayId }) => shared.latestEpochOf(gatewayId))]
        : parameters,
    );
    shared?.refused.add('login', rows.filter((row) => row.is_stale).length);
    const verdicts = new Map(rows.map((row) => [row.id, verdictOf(row)]));
    return tries.map(({ gatewayId }) => verdicts.get(gatewayId) ?? 'busy');
  }

  /**
   * Stores outcomes of tries. The row of a login that was recorded exists; if it does not, it is added for the next call to find.
   * @returns the ids that need not be passed again: written, outdated or deleted
   */
  async recordOutcomes(outcomes: readonly LoginOutcome[]): Promise<string[]> {
    const rows = await this.rows.query<{ id: string }[]>(
      `WITH told AS (SELECT * FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::int[], $5::float8[])
                       AS told (id, version, is_accepted, change, next_in_ms)),
            ${FREE},
            written AS (UPDATE gateway_logins SET
                          accepted = accepted OR is_accepted,
                          refusals = GREATEST(0, CASE WHEN is_accepted THEN 0 ELSE refusals END + change),
                          next_login_at = COALESCE(now() + next_in_ms * interval '1 ms', CASE WHEN NOT is_accepted THEN next_login_at END)
                        FROM free WHERE gateway_id = id AND connection_version = version AND is_current
                        RETURNING id),
            added AS (INSERT INTO gateway_logins (gateway_id, connection_version)
                      SELECT id, version FROM free WHERE is_current AND id NOT IN (SELECT id FROM written)
                      ON CONFLICT DO NOTHING)
       SELECT id FROM written UNION ALL SELECT id FROM free WHERE NOT is_current UNION ALL ${GONE}`,
      [
        outcomes.map(({ gatewayId }) => gatewayId),
        outcomes.map(({ connectionVersion }) => connectionVersion),
        outcomes.map(({ isAccepted }) => isAccepted),
        outcomes.map(({ refusals }) => refusals),
        outcomes.map(({ nextLoginAt }) => (nextLoginAt === null ? null : nextLoginAt - performance.now())),
      ],
    );
    return rows.map(({ id }) => id);
  }

  /** Grants each of these gateways one login if none is left of its budget, and makes a delayed one due now. */
  async grant(gatewayIds: readonly string[]): Promise<void> {
    await this.rows.query(
      `WITH gateway AS (SELECT id, connection_version FROM gateways WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL
                        ORDER BY id FOR NO KEY UPDATE)
       UPDATE gateway_logins AS login SET
         refusals = LEAST(refusals, $2),
         next_login_at = CASE WHEN next_login_at IS NOT NULL THEN now() END
       FROM gateway WHERE gateway_id = id AND login.connection_version = gateway.connection_version
         AND gateway_id = ANY ($1::uuid[]) -- Otherwise a plan for many ids reads every login.`,
      [gatewayIds, LOGIN_BUDGET - 1],
    );
  }

  /** Deletes the rows of earlier versions and of deleted gateways. Nothing writes them any more, so this waits for no lock. */
  async deleteOutdated(): Promise<void> {
    await this.rows.query(
      `DELETE FROM gateway_logins AS login USING gateways
       WHERE gateways.id = login.gateway_id
         AND (login.connection_version < gateways.connection_version OR gateways.deleted_at IS NOT NULL)`,
    );
  }
}

function verdictOf({ is_current, is_granted }: TryRow): TryVerdict {
  if (is_granted) return 'granted';
  return is_current ? 'spent' : 'outdated';
}
