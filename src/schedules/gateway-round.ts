/** Gateways that one look is about. */
export interface GatewayTurn {
  readonly gatewayIds: readonly string[];
  /** Whether these are all. */
  readonly isAll: boolean;
}

/** Divides gateways into turns, so that a look costs no more in a large fleet than in a small one. */
export class GatewayRound {
  /** The last one that had its turn. */
  private last = '';

  /** @param most gateways in a turn */
  constructor(private readonly most: number) {}

  /** The gateways whose turn it is, in the order of their ids. Those that come and go between two turns change nobody else's turn. */
  next(gatewayIds: readonly string[]): GatewayTurn {
    if (gatewayIds.length <= this.most) return { gatewayIds, isAll: true };
    const sorted = [...gatewayIds].sort();
    const after = sorted.findIndex((id) => id > this.last);
    const first = after === -1 ? 0 : after;
    const turn = sorted.slice(first, first + this.most);
    this.last = turn.at(-1) ?? '';
    return { gatewayIds: turn, isAll: false };
  }
}
