export interface LoginRecord {
  readonly email: string;
  readonly accepted: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface CloseRecord {
  /** As in the WebSocket standard: 1005 for a close frame without a code, 1006 for no close frame. */
  readonly code: number;
  readonly reason: string;
}

/** Entries kept per list, so that a soak of several days fits into memory. */
const KEPT = 1000;

/** Recorded types are cut to this many characters, because a client may send anything. */
const TYPE_LENGTH = 100;

/** What one gateway has observed of its clients. It has no field for passwords. */
export class Evidence {
  readonly logins: LoginRecord[] = [];
  readonly closes: CloseRecord[] = [];
  readonly received: string[] = [];
  /** Upgrade requests, answered or not. */
  upgradesAsked = 0;
  connectionsAccepted = 0;
  maxOpenConnections = 0;
  loginsAccepted = 0;
  loginsRefused = 0;
  notificationsSent = 0;
  /** Messages and pings of a connection after a later one had spoken: two clients believed at once that the gateway was theirs. */
  overtaken = 0;
  private latestSpeaker = 0;

  /** A message or a ping has come. @param connection its number, in the order in which connections were accepted */
  spoke(connection: number): void {
    if (connection < this.latestSpeaker) this.overtaken += 1;
    else this.latestSpeaker = connection;
  }

  opened(openConnections: number): void {
    this.connectionsAccepted += 1;
    this.maxOpenConnections = Math.max(this.maxOpenConnections, openConnections);
  }

  heard(type: string | null): void {
    append(this.received, type?.slice(0, TYPE_LENGTH) ?? '(no type)');
  }

  login(email: string, accepted: boolean): void {
    if (accepted) this.loginsAccepted += 1;
    else this.loginsRefused += 1;
    append(this.logins, { email, accepted, at: Date.now() });
  }

  closed(code: number, reason: string): void {
    append(this.closes, { code, reason });
  }
}

function append<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.shift();
}
