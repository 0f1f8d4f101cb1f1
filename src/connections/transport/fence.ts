/** Says, at any moment, whether this service may speak to gateways. */
export interface Fence {
  mayAct(): boolean;
}
