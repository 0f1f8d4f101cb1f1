import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedGateway } from '../../../simulator/simulated-gateway';
import type { Answer, ApiClient } from '../../support/api-client';
import type { Entry, Ledger, Row } from './ledger';

const LONGEST_PAUSE_MS = 5;

let count = 0;

/** What the writers of one round share. */
export interface Desk {
  readonly api: ApiClient;
  readonly factoryId: string;
  readonly ledger: Ledger;
  /** Simulated gateways that no row points to. */
  readonly unused: SimulatedGateway[];
  readonly random: () => number;
}

/**
 * Creates, changes, connects, disconnects and deletes gateways of its own, one write after the other, and records each write in the
 * ledger. Each login is new, and belongs to a simulated gateway that accepts no other: a mixture of two writes would be a refused
 * login.
 */
export class GatewayWriter {
  private readonly entries: Entry[];

  /** @param entries the gateways that this writer starts with */
  constructor(
    private readonly desk: Desk,
    entries: readonly Entry[],
  ) {
    this.entries = [...entries];
  }

  /** Writes until the service is gone. @throws Error if a write is answered with an error status */
  async run(): Promise<void> {
    for (;;) {
      const write = this.chooseWrite();
      let answer: Answer;
      try {
        answer = await write();
      } catch {
        return; // No answer: the service is gone.
      }
      if (answer.status > 299) throw new Error(`a write was answered ${JSON.stringify(answer)}`);
      await sleep(this.desk.random() * LONGEST_PAUSE_MS);
    }
  }

  private chooseWrite(): () => Promise<Answer> {
    const { random } = this.desk;
    const entry = this.entries[Math.floor(random() * this.entries.length)];
    const row = entry?.latest;
    const choice = Math.floor(5 * random());
    if (!entry || !row || choice === 0) return this.create();
    if (choice === 1) return this.remove(entry);
    if (choice === 2) return this.order(entry, row);
    return this.update(entry, row, choice === 3);
  }

  private create(): () => Promise<Answer> {
    const { api, ledger, factoryId } = this.desk;
    const label = `GW-${(count += 1)}`;
    const { password, ...login } = this.newLogin();
    const row: Row = { gateway_id: label, ...newDescription(), ...login, desired_state: 'connected' };
    const entry = ledger.open(label);
    return async () => {
      const answer = await entry.write(row, 201, () =>
        api.post('/api/gateways', { ...row, password, factory_id: factoryId }),
      );
      entry.id = (answer.body as { id: string }).id;
      this.entries.push(entry);
      return answer;
    };
  }

  private update(entry: Entry, row: Row, isMove: boolean): () => Promise<Answer> {
    const description = newDescription();
    const { password, ...login } = isMove ? this.newLogin() : {};
    const change = { ...description, ...login };
    return () =>
      entry.write({ ...row, ...change }, 200, () =>
        this.desk.api.put(pathOf(entry), { ...change, ...(isMove && { password }) }),
      );
  }

  private order(entry: Entry, row: Row): () => Promise<Answer> {
    const [order, desired_state] =
      row.desired_state === 'connected'
        ? (['disconnect', 'disconnected'] as const)
        : (['connect', 'connected'] as const);
    return () => entry.write({ ...row, desired_state }, 202, () => this.desk.api.post(`${pathOf(entry)}/${order}`));
  }

  private remove(entry: Entry): () => Promise<Answer> {
    this.entries.splice(this.entries.indexOf(entry), 1);
    return () => entry.write(null, 204, () => this.desk.api.delete(pathOf(entry)));
  }

  /** Takes an unused simulated gateway, and sets the only login that it accepts from now on. */
  private newLogin(): { url: string; email: string; password: string } {
    const device = this.desk.unused.pop();
    if (!device) throw new Error('there are too few simulated gateways');
    const number = (count += 1);
    const login = { email: `user-${number}@example.org`, password: `secret ${number}` };
    device.setCredentials(login.email, login.password);
    return { url: device.url, ...login };
  }
}

function pathOf({ id }: Entry): string {
  return `/api/gateways/${id ?? ''}`;
}

/** Both fields carry the same number, so that a partial write is noticed. */
function newDescription(): Pick<Row, 'name' | 'metadata'> {
  const write = (count += 1);
  return { name: `Gateway ${write}`, metadata: { write } };
}
