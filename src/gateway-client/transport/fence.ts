/** Tells whether this service may currently communicate with gateways. */
export interface Fence {
  mayAct(): boolean;
}
