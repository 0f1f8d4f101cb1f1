import { deleteGateway, orderConnections } from '../../.generated/sdk.gen';
import type { BulkOrderResult } from '../../.generated/types.gen';
import { ApiError } from '../lib/api-error';

/** Names of gateways by their ids. */
export type Selection = ReadonlyMap<string, string>;

export type BulkAction = 'connect' | 'disconnect' | 'delete';

/** What became of each selected gateway. */
export interface BulkOutcome {
  readonly action: BulkAction;
  readonly names: Selection;
  readonly accepted: readonly string[];
  readonly failed: readonly { readonly id: string; readonly code: string; readonly why: string }[];
}

const REFUSALS: Readonly<Record<BulkOrderResult['failed'][number]['code'], string>> = {
  GATEWAY_NOT_FOUND: 'It does not exist any more.',
  OWNERSHIP_UNCERTAIN: 'Its replica cannot reach the database at the moment. Try again.',
  ACCOUNT_BUDGET_SPENT: 'Its login was refused too often within an hour. Correct the password, or wait.',
};
/** The service deletes one gateway a request: so many requests are under way at a time. */
const AT_ONCE = 4;

/** Does it to all of them. @throws ApiError if it was done to none */
export function orderAll(action: BulkAction, names: Selection): Promise<BulkOutcome> {
  return action === 'delete' ? deleteAll(names) : connectAll(action, names);
}

async function connectAll(action: 'connect' | 'disconnect', names: Selection): Promise<BulkOutcome> {
  const { data } = await orderConnections({ body: { action, ids: [...names.keys()] }, throwOnError: true });
  const failed = data.failed.map(({ id, code }) => ({ id, code, why: REFUSALS[code] }));
  return { action, names, accepted: data.accepted, failed };
}

async function deleteAll(names: Selection): Promise<BulkOutcome> {
  const accepted: string[] = [];
  const failed: BulkOutcome['failed'][number][] = [];
  const waiting = names.keys();
  const work = async (): Promise<void> => {
    for (const id of waiting) {
      try {
        await deleteGateway({ path: { id }, headers: { 'If-Match': '*' }, throwOnError: true });
        accepted.push(id);
      } catch (error) {
        failed.push({ id, ...reasonOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { action: 'delete', names, accepted, failed };
}

function reasonOf(error: unknown): { code: string; why: string } {
  if (error instanceof ApiError) return { code: error.code, why: `${error.message}.` };
  return { code: 'UNKNOWN', why: String(error) };
}
