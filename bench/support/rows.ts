/** Ids of the rows in the database. */
export interface Rows {
  readonly organizationIds: readonly string[];
  readonly factoryIds: readonly string[];
  readonly gatewayIds: readonly string[];
  /** The organizations that have all the factories. */
  readonly largeOrganizationIds: readonly string[];
  /** The factories that have all the gateways. */
  readonly largeFactoryIds: readonly string[];
}
