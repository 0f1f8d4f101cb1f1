/** What a replica says when another asks it about the database. */
export interface PeerAnswer {
  /** How often it has looked at the tables. */
  readonly looks: number;
  /** How long it has had no answer of the database, in milliseconds; -1 if it has just had one. */
  readonly blindMs: number;
  /** Whether the asking replica was a member when it last looked. */
  readonly knowsMe: boolean;
}

/** What a replica does when others call. */
export interface PeerHandlers {
  /** @param from id of the replica that asks */
  answer(from: string): PeerAnswer;
  /** Another replica has ended this one. */
  told(): void;
  /** Something has changed in the tables. */
  nudged(): void;
}

/** How replicas reach each other besides the database. Nothing that passes here decides who owns what. */
export abstract class Peers {
  /** Answers other replicas from now on. Call once. */
  abstract serve(handlers: PeerHandlers): void;

  /** @returns null if there is no answer within the time of a question; never rejects */
  abstract ask(replicaId: string): Promise<PeerAnswer | null>;

  /** Tells a replica that it was ended. It may not arrive. */
  abstract tellEnded(replicaId: string): void;

  /** Asks all other replicas to look at the tables now. It may not arrive. */
  abstract nudge(): void;
}
