/** Tells whether this service may currently communicate with a gateway. */
export interface Fence {
  /** @param gatewayId null for a gateway that is not stored */
  mayAct(gatewayId: string | null): boolean;
}
