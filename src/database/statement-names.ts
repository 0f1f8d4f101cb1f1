import { createHash } from 'node:crypto';

/** Each takes some ten kilobytes of a connection. The service has about as many statements that are sent often. */
const MOST = 200;

/** Names for the statements that come again, under which connections prepare them. */
export class StatementNames {
  private readonly seen = new Set<string>();
  private readonly names = new Map<string, string>();

  /** The name of a statement; undefined if it comes for the first time, or if there are too many. */
  of(sql: string): string | undefined {
    return this.names.get(sql) ?? this.add(sql);
  }

  private add(sql: string): string | undefined {
    if (this.names.size >= MOST) return undefined;
    if (!this.seen.has(sql)) {
      if (this.seen.size >= MOST) this.seen.clear(); // Texts that never come again.
      this.seen.add(sql);
      return undefined;
    }
    this.seen.delete(sql);
    // Of the text, so that one name never stands for two statements, whoever else has used the connection.
    const name = createHash('sha1').update(sql).digest('base64');
    this.names.set(sql, name);
    return name;
  }
}
