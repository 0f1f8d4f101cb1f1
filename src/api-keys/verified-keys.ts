import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { digestOf } from '../common/api-key-format';
import { DomainEvents, OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { ApiKeysRepository } from './api-keys.repository';
import { digestText, VerifiedKey } from './verified-key';

/** How many texts of the Authorization header are remembered. */
const MAX_HEADERS = 10_000;

/** The system clock may be set, so the next expiry is looked for at least this often. */
const MAX_WAIT_MS = 60_000;

/**
 * Every key that works, in memory: a request asks no database. Changes are read again, one read at a time, so that an earlier read
 * never replaces what a later one has found.
 */
@Injectable()
export class VerifiedKeys implements OnModuleDestroy {
  private readonly byId = new Map<string, VerifiedKey>();
  private readonly byDigest = new Map<string, VerifiedKey>();
  /** By the text of the Authorization header, so that a key is hashed once and not for each request. */
  private readonly byHeader = new Map<string, VerifiedKey>();
  private isLoaded = false;
  private readonly changed = new Set<string>();
  /** The read of changed keys that is queued and has not begun. */
  private nextRead: Promise<void> | null = null;
  private lastRead: Promise<void> = Promise.resolve();
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly events: DomainEvents,
  ) {}

  onModuleDestroy(): void {
    clearTimeout(this.expiry);
  }

  findByHeader(header: string): VerifiedKey | undefined {
    return this.byHeader.get(header);
  }

  findByText(key: string): VerifiedKey | undefined {
    return this.byDigest.get(digestText(digestOf(key)));
  }

  findById(id: string): VerifiedKey | undefined {
    return this.byId.get(id);
  }

  /** Lets `findByHeader` find the key by this text. */
  remember(header: string, key: VerifiedKey): void {
    if (this.byHeader.size >= MAX_HEADERS) {
      const [oldest] = this.byHeader.keys();
      if (oldest !== undefined) this.byHeader.delete(oldest);
    }
    this.byHeader.set(header, key);
  }

  /** Reads all keys. Rejects if the database cannot be read; then nothing changes. */
  reload(): Promise<void> {
    return this.enqueue(async () => {
      const rows = await this.keys.findUsable(null);
      this.isLoaded = true;
      const found = new Set(rows.map(({ id }) => id));
      for (const id of [...this.byId.keys()]) if (!found.has(id)) this.remove(id);
      for (const row of rows) this.set(new VerifiedKey(row));
      this.awaitExpiry();
    });
  }

  /** Reads a key that has changed. No effect while keys are not in use. Rejects as `reload` does. */
  refresh(id: string): Promise<void> {
    if (!this.isLoaded) return Promise.resolve();
    this.changed.add(id);
    this.nextRead ??= this.enqueue(async () => {
      this.nextRead = null;
      const ids = [...this.changed];
      this.changed.clear();
      const rows = new Map((await this.keys.findUsable(ids)).map((row) => [row.id, row]));
      for (const changed of ids) {
        const row = rows.get(changed);
        if (row) this.set(new VerifiedKey(row));
        else this.remove(changed);
      }
      this.awaitExpiry();
    });
    return this.nextRead;
  }

  /** Reads the keys of a deleted organization, so that they end before its deletion is answered. */
  @OnDomainEvent('organization.deleted')
  async onOrganizationDeleted({ organizationId }: DomainEventMap['organization.deleted']): Promise<void> {
    const keys = [...this.byId.values()].filter(({ actor }) => actor.organizationId === organizationId);
    await Promise.all(keys.map(({ id }) => this.refresh(id)));
  }

  private enqueue(read: () => Promise<void>): Promise<void> {
    const result = this.lastRead.then(read);
    this.lastRead = result.catch(() => undefined);
    return result;
  }

  private set(key: VerifiedKey): void {
    const earlier = this.byId.get(key.id);
    if (earlier) this.forget(earlier);
    this.byId.set(key.id, key);
    this.byDigest.set(key.digest, key);
    if (earlier && earlier.rights !== key.rights) this.events.publish('key.ended', { keyId: key.id });
  }

  private remove(id: string): void {
    const key = this.byId.get(id);
    if (!key) return;
    this.forget(key);
    this.events.publish('key.ended', { keyId: id });
  }

  private forget(key: VerifiedKey): void {
    this.byId.delete(key.id);
    this.byDigest.delete(key.digest);
    for (const [header, each] of this.byHeader) if (each === key) this.byHeader.delete(header);
  }

  /** Requests compare the expiry on use; what a key has begun needs a timer. */
  private awaitExpiry(): void {
    clearTimeout(this.expiry);
    const next = Math.min(...Array.from(this.byId.values(), ({ expiresAt }) => expiresAt));
    if (next === Infinity) return;
    const wait = Math.min(Math.max(next - Date.now(), 0), MAX_WAIT_MS);
    this.expiry = setTimeout(() => this.removeExpired(), wait).unref();
  }

  private removeExpired(): void {
    const now = Date.now();
    for (const { id, expiresAt } of [...this.byId.values()]) if (expiresAt <= now) this.remove(id);
    this.awaitExpiry();
  }
}
