import { EVERYWHERE } from '../src/common/actor';
import Table from 'cli-table3';
import { clearScreenDown, moveCursor } from 'node:readline';
import { timeOf } from '../src/common/clock';
import type { Moment } from '../src/common/clock';
import type { ConnectionState } from '../src/status/connection-state';
import type { ConnectionRecord } from '../src/status/connection-record';
import type { ConnectionRegistry } from '../src/status/connection.registry';
import type { StateChanges } from '../src/status/state-changes';
import { print } from '../src/cli/run-command';

const REFRESH_MS = 500;
const COLOURS: Record<ConnectionState, string> = {
  connected: '\x1b[32m',
  connecting: '\x1b[33m',
  authenticating: '\x1b[33m',
  reconnecting: '\x1b[33m',
  auth_failed: '\x1b[31m',
  disconnected: '\x1b[90m',
};
const PLAIN = '\x1b[39m';

/** Shows the fleet: a live table in a terminal, otherwise a line for each state change. Returns a function that stops it. */
export function showFleet(
  registry: ConnectionRegistry,
  changes: StateChanges,
  factoryNames: ReadonlyMap<string, string>,
): () => void {
  return process.stdout.isTTY ? showTable(registry, factoryNames) : showLines(registry, changes);
}

function showTable(registry: ConnectionRegistry, factoryNames: ReadonlyMap<string, string>): () => void {
  let height = 0;
  const draw = () => {
    const text = tableOf(registry, factoryNames);
    moveCursor(process.stdout, 0, -height);
    clearScreenDown(process.stdout);
    print(text);
    height = text.split('\n').length;
  };
  draw();
  const timer = setInterval(draw, REFRESH_MS);
  return () => clearInterval(timer);
}

function tableOf(registry: ConnectionRegistry, factoryNames: ReadonlyMap<string, string>): string {
  const table = new Table({
    head: ['gateway', 'factory', 'state', 'since', 'reason', 'messages'],
    colWidths: [13, 14, 16, 10, 44, 10],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right'],
  });
  for (const record of registry.findAll(EVERYWHERE, { limit: 100, offset: 0 }).items) {
    const { gateway, state, since, messagesReceived } = record;
    table.push([
      gateway.label,
      factoryNames.get(gateway.factoryId) ?? '',
      `${COLOURS[state]}${state}${PLAIN}`,
      clock(since),
      reasonOf(record),
      messagesReceived,
    ]);
  }
  return table.toString();
}

function showLines(registry: ConnectionRegistry, changes: StateChanges): () => void {
  const line = (record: ConnectionRecord, from: string) =>
    print(
      [clock(record.since), record.gateway.label, `${from} → ${record.state}`, reasonOf(record)].join('  ').trimEnd(),
    );
  for (const record of registry.findAll(EVERYWHERE, { limit: 100, offset: 0 }).items) line(record, 'started');
  return changes.subscribe(({ status, from }) => line(status, from));
}

function reasonOf({ reason }: ConnectionRecord): string {
  return reason ? `${reason.code}: ${reason.message}` : '';
}

function clock(moment: Moment): string {
  return timeOf(moment).toLocaleTimeString('en-GB');
}
