import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Moment } from '../common/clock';
import { LOGIN_BUDGET } from './connection-target';
import { Gateway } from './gateway.entity';

/** A login of one gateway with the address and credentials of one `connection_version`. */
export interface LoginTry {
  readonly gatewayId: string;
  readonly connectionVersion: number;
}

/** `spent`: no try is left. `outdated`: the gateway was changed or deleted meanwhile. `busy`: the row is in use; retry. */
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

/**
 * Stores the login budgets of gateways, many in one statement. Rows locked by another transaction are skipped rather than waited for,
 * so that a batch never takes part in a deadlock.
 */
@Injectable()
export class GatewayLoginsRepository {
  constructor(@InjectRepository(Gateway) private readonly rows: Repository<Gateway>) {}

  /** Records tries that are about to be made, as far as the budgets allow. @returns a verdict for each, in the same order */
  async recordTries(tries: readonly LoginTry[]): Promise<TryVerdict[]> {
    const rows = await this.rows.query<{ id: string; is_current: boolean; is_granted: boolean }[]>(
      // Without a refusal, the budget was spent by tries of unknown outcome. Another is granted, or the gateway would be stuck for ever.
      `WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS wanted (id, version)),
            free AS (SELECT id, connection_version = version AS is_current,
                       connection_version = version AND (login_refusals < $3 OR next_login_at IS NULL) AS is_granted
                     FROM gateways JOIN wanted USING (id) WHERE deleted_at IS NULL
                     ORDER BY id FOR NO KEY UPDATE OF gateways SKIP LOCKED),
            recorded AS (UPDATE gateways SET login_refusals = login_refusals + 1
                         FROM free WHERE gateways.id = free.id AND is_granted)
       SELECT id, is_current, is_granted FROM free
       UNION ALL SELECT id, false, false FROM wanted
         WHERE NOT EXISTS (SELECT FROM gateways WHERE gateways.id = wanted.id AND deleted_at IS NULL)`,
      [tries.map(({ gatewayId }) => gatewayId), tries.map((each) => each.connectionVersion), LOGIN_BUDGET],
    );
    const verdicts = new Map(rows.map((row) => [row.id, verdictOf(row)]));
    return tries.map(({ gatewayId }) => verdicts.get(gatewayId) ?? 'busy');
  }

  /** Stores outcomes of tries. @returns the ids that need not be passed again: written, outdated or deleted */
  async recordOutcomes(outcomes: readonly LoginOutcome[]): Promise<string[]> {
    const rows = await this.rows.query<{ id: string }[]>(
      `WITH told AS (SELECT * FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::int[], $5::float8[])
                       AS told (id, version, accepted, refusals, next_in_ms)),
            free AS (SELECT id FROM gateways JOIN told USING (id) WHERE deleted_at IS NULL
                     ORDER BY id FOR NO KEY UPDATE OF gateways SKIP LOCKED),
            written AS (UPDATE gateways SET
                          login_accepted = login_accepted OR accepted,
                          login_refusals = GREATEST(0, CASE WHEN accepted THEN 0 ELSE login_refusals END + refusals),
                          next_login_at = COALESCE(now() + next_in_ms * interval '1 ms', CASE WHEN NOT accepted THEN next_login_at END)
                        FROM told JOIN free USING (id)
                        WHERE gateways.id = told.id AND connection_version = version)
       SELECT id FROM free
       UNION ALL SELECT id FROM told
         WHERE NOT EXISTS (SELECT FROM gateways WHERE gateways.id = told.id AND deleted_at IS NULL)`,
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
}

function verdictOf({ is_current, is_granted }: { is_current: boolean; is_granted: boolean }): TryVerdict {
  if (is_granted) return 'granted';
  return is_current ? 'spent' : 'outdated';
}
