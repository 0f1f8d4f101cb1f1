import { Injectable } from '@nestjs/common';
import { UnavailableError } from '../common/domain-error';
import { Ownership } from '../ownership/ownership';

/** Seconds. A look at the database, or the wait for another owner, takes about as long. */
const RETRY_AFTER_S = 2;

/** This process has the gateway, but cannot tell at the moment whether another one has taken it over. */
export class OwnershipUncertainError extends UnavailableError {
  readonly code = 'OWNERSHIP_UNCERTAIN';
  override readonly retryAfterSeconds = RETRY_AFTER_S;

  constructor() {
    super('This replica cannot confirm that it still has the gateway; try again after Retry-After');
  }
}

/** Whether requests may have something sent to a gateway. */
@Injectable()
export class OrderPermission {
  constructor(private readonly ownership: Ownership) {}

  /**
   * Why a request may have nothing sent, which is counted as refused; null if it may, or if another replica has the gateway, whose business it is.
   * @param gatewayId null for a gateway that is not stored
   */
  refusal(gatewayId: string | null): OwnershipUncertainError | null {
    const { ownership } = this;
    if (!ownership.isShared || ownership.mayOrder(gatewayId)) return null; // A sole service refuses nothing for this.
    if (gatewayId !== null && !ownership.owns(gatewayId)) return null;
    ownership.refused.add('order', 1);
    return new OwnershipUncertainError();
  }

  /** @throws OwnershipUncertainError see `refusal` */
  require(gatewayId: string | null): void {
    const refusal = this.refusal(gatewayId);
    if (refusal) throw refusal;
  }
}
