import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { createHmac } from 'node:crypto';
import { Repository } from 'typeorm';
import { CredentialCipher } from '../crypto/credential-cipher';
import { GatewayAccount } from './gateway-account.entity';
import { originOf } from '../gateways/origin';

/** The URL and e-mail of a login, which determine its account. */
export interface AccountLogin {
  readonly url: string;
  readonly email: string;
}

/** Number of logins of an account that are about to be sent. */
export interface AccountTries {
  readonly account: string;
  readonly tries: number;
}

/** A change to the row of an account. */
export interface AccountOutcome extends AccountTries {
  /** A login was accepted, which resets the count; `tries` counts logins since then. */
  readonly isCleared: boolean;
}

/** The row of an account. */
export interface AccountRecord {
  readonly account: string;
  readonly refusals: number;
  /** Milliseconds until the hour is over. */
  readonly leftMs: number;
}

const IS_OVER = `account.since <= now() - interval '1 hour'`;
// At most an hour from now: the clock may have been wrong when the hour started.
const LEFT_MS = `(extract(epoch FROM LEAST(account.since, now()) + interval '1 hour' - now()) * 1000)::float8`;

/** Stores the refused logins of accounts, in batches, by the database's clock. */
@Injectable()
export class GatewayAccountsRepository {
  private readonly key: Buffer;

  constructor(
    @InjectRepository(GatewayAccount) private readonly rows: Repository<GatewayAccount>,
    cipher: CredentialCipher,
  ) {
    this.key = cipher.deriveKey('gateway_accounts.digest');
  }

  /** The key of an account. Independent of path, query, scheme, and the spelling of host, port and e-mail. */
  accountOf({ url, email }: AccountLogin): string {
    const { host, port } = originOf(url);
    const account = JSON.stringify([host.replace(/\.$/, ''), port, email.toLowerCase()]);
    return createHmac('sha256', this.key).update(account).digest('hex');
  }

  /** Finds the accounts with a refusal within the hour. */
  findRefused(): Promise<AccountRecord[]> {
    return this.rows.query<AccountRecord[]>(
      `SELECT encode(digest, 'hex') AS account, refusals, ${LEFT_MS} AS "leftMs"
       FROM gateway_accounts AS account WHERE NOT ${IS_OVER} AND refusals > 0`,
    );
  }

  /** Counts logins that are about to be sent, and returns the resulting rows. Each account may occur only once. */
  recordTries(tries: readonly AccountTries[]): Promise<AccountRecord[]> {
    return this.rows.query<AccountRecord[]>(
      `${upsertTries(`unnest($1::text[], $2::int[]) AS told (account, tries)`)}
       RETURNING encode(digest, 'hex') AS account, refusals, ${LEFT_MS} AS "leftMs"`,
      [tries.map(({ account }) => account), tries.map((each) => each.tries)],
    );
  }

  /** Stores outcomes of logins. Each account may occur only once. */
  async recordOutcomes(outcomes: readonly AccountOutcome[]): Promise<void> {
    await this.rows.query(
      `WITH told AS (SELECT * FROM unnest($1::text[], $2::int[], $3::boolean[]) AS told (account, tries, cleared)),
            gone AS (DELETE FROM gateway_accounts USING told
                     WHERE digest = decode(told.account, 'hex') AND cleared AND tries = 0),
            lowered AS (UPDATE gateway_accounts
                        SET refusals = GREATEST(0, CASE WHEN cleared THEN 0 ELSE refusals END + tries) FROM told
                        WHERE digest = decode(told.account, 'hex') AND (tries < 0 OR cleared AND tries > 0))
       ${upsertTries(`told WHERE tries > 0 AND NOT cleared`)}`,
      [
        outcomes.map(({ account }) => account),
        outcomes.map(({ tries }) => tries),
        outcomes.map(({ isCleared }) => isCleared),
      ],
    );
  }

  /** Deletes rows whose hour is over. */
  async deleteOld(): Promise<void> {
    await this.rows.query(`DELETE FROM gateway_accounts AS account WHERE ${IS_OVER}`);
  }
}

/** Adds tries to the rows of their accounts, and starts a new hour if the old one is over. Sorted, so that statements cannot deadlock. */
function upsertTries(told: string): string {
  return `INSERT INTO gateway_accounts AS account (digest, refusals, since)
    SELECT decode(told.account, 'hex') AS digest, tries, now() FROM ${told} ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET
      refusals = excluded.refusals + CASE WHEN ${IS_OVER} THEN 0 ELSE account.refusals END,
      since = CASE WHEN ${IS_OVER} THEN excluded.since ELSE LEAST(account.since, excluded.since) END`;
}
