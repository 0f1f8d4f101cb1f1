import Table from 'cli-table3';
import { clearScreenDown, moveCursor } from 'node:readline';
import { EVERYWHERE } from '../src/common/actor';
import { timeOf } from '../src/common/clock';
import type { Moment } from '../src/common/clock';
import { print } from '../src/cli/run-command';
import type { StatusState } from '../src/status/connection-state';
import type { ConnectionRecord } from '../src/status/connection-record';
import type { ConnectionRegistry } from '../src/status/connection.registry';
import type { StateChanges } from '../src/status/state-changes';
import type { FleetReadings } from './fleet-readings';
import type { FleetSensors } from './fleet-sensors';

const REFRESH_MS = 500;
const COLOURS: Record<StatusState, string> = {
  connected: '\x1b[32m',
  connecting: '\x1b[33m',
  authenticating: '\x1b[33m',
  reconnecting: '\x1b[33m',
  auth_failed: '\x1b[31m',
  disconnected: '\x1b[90m',
  unknown: '\x1b[90m',
};
const PLAIN = '\x1b[39m';

export interface FleetSources {
  readonly registry: ConnectionRegistry;
  readonly changes: StateChanges;
  readonly sensors: FleetSensors;
  readonly readings: FleetReadings;
}

export interface FleetView {
  /** Prints lines that stay, above the table. */
  say(text: string): void;
  /** Shows a line until the next one: below the table. */
  tell(line: string): void;
  stop(): void;
}

/** Shows the fleet: a live table in a terminal, otherwise a line for each state change. */
export function showFleet(sources: FleetSources): FleetView {
  return process.stdout.isTTY ? new FleetTable(sources) : showLines(sources);
}

/** A table that is drawn again in the same place. */
class FleetTable implements FleetView {
  private height = 0;
  private news = '';
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly sources: FleetSources) {
    this.draw();
    this.timer = setInterval(() => this.draw(), REFRESH_MS);
  }

  say(text: string): void {
    this.erase();
    print(text);
    this.draw();
  }

  tell(line: string): void {
    this.news = withTime(line);
    this.draw();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private draw(): void {
    const text = `${tableOf(this.sources)}\n${this.news}`;
    this.erase();
    print(text);
    this.height = text.split('\n').length;
  }

  private erase(): void {
    moveCursor(process.stdout, 0, -this.height);
    clearScreenDown(process.stdout);
    this.height = 0;
  }
}

function showLines({ registry, changes }: FleetSources): FleetView {
  const line = (record: ConnectionRecord, from: string) => {
    const reason = record.reason ? `${record.reason.code}: ${record.reason.message}` : '';
    print([clock(record.since), record.gateway.label, `${from} → ${record.state}`, reason].join('  ').trimEnd());
  };
  for (const record of fleetOf(registry)) line(record, 'started');
  const stop = changes.subscribe(({ status, from }) => line(status, from));
  return { say: print, tell: (news) => print(withTime(news)), stop };
}

/** 93 columns wide. */
function tableOf({ registry, sensors, readings }: Omit<FleetSources, 'changes'>): string {
  const table = new Table({
    head: ['gateway', 'state', 'since', 'sensors', 'live', 'fetched', 'latest vibration'],
    colWidths: [12, 16, 10, 9, 7, 9, 22],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'left', 'right', 'right', 'left'],
  });
  for (const record of fleetOf(registry)) {
    const { gateway, state, since } = record;
    const { live, fetched } = readings.of(gateway.id);
    const latest = record.reason?.code ?? latestOf(readings, gateway.id);
    const shownState = `${COLOURS[state]}${state}${PLAIN}`;
    table.push([gateway.label, shownState, clock(since), sensors.describe(gateway.id), live, fetched, latest]);
  }
  return table.toString();
}

function fleetOf(registry: ConnectionRegistry): ConnectionRecord[] {
  return registry.findAll(EVERYWHERE, { limit: 100, offset: 0 }).items;
}

function latestOf(readings: FleetReadings, gatewayId: string): string {
  const { vibration } = readings.of(gatewayId);
  if (!vibration) return '';
  const seconds = Math.max(0, Math.round((Date.now() - vibration.at) / 1000));
  return `${vibration.rms.toFixed(3)} g, ${seconds} s ago`;
}

function withTime(line: string): string {
  return `${new Date().toLocaleTimeString('en-GB')}  ${line}`;
}

function clock(moment: Moment): string {
  return timeOf(moment).toLocaleTimeString('en-GB');
}
