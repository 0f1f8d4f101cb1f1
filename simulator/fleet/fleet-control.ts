import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { fleetActions } from './fleet-actions';
import { ledgerQuerySchema } from '../model/ledger';
import type { SimulatedFleet } from '../simulated-fleet';
import type { SimulatedGateway } from '../simulated-gateway';

const MAX_BODY_BYTES = 64 * 1024;

const ROUTES =
  'GET /gateways, /gateways/:number/records and /gateways/:number/samples/:record; POST /gateways/:number/:action';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Controls a fleet from another process: `GET /gateways`, `GET /gateways/:number/records`, `GET /gateways/:number/samples/:record`,
 * `POST /gateways/:number/:action` and `POST /gateways/all/:action`, with arguments as a JSON body. It has no authentication, so it
 * listens on loopback only.
 */
export class FleetControl {
  private constructor(
    private readonly server: Server,
    private readonly fleet: SimulatedFleet,
  ) {}

  /**
   * @param port 0 picks a free port
   * @throws the system's error if the port is taken
   */
  static async listen(fleet: SimulatedFleet, port = 0): Promise<FleetControl> {
    const server = createServer();
    const control = new FleetControl(server, fleet);
    server.on('request', (request, response) => {
      void control.answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return control;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    try {
      return await this.route(request);
    } catch (error) {
      if (error instanceof z.ZodError) return refusal(400, z.prettifyError(error));
      if (error instanceof SyntaxError || error instanceof RangeError) return refusal(400, error.message);
      return refusal(500, error instanceof Error ? error.message : String(error));
    }
  }

  private async route(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [root, number, name, item, ...rest] = url.pathname.split('/').slice(1);
    if (root !== 'gateways' || rest.length > 0) return refusal(404, ROUTES);
    if (request.method === 'GET') return this.show(number, name, item, url.searchParams);
    if (request.method !== 'POST') return refusal(405, ROUTES);
    if (number === undefined || name === undefined || item !== undefined) return refusal(404, ROUTES);

    const act = fleetActions.get(name);
    if (!act) return refusal(404, `no such action; the actions are ${[...fleetActions.keys()].join(', ')}`);
    const chosen = number === 'all' ? this.fleet.gateways : this.fleet.gateways.filter(isNumbered(number));
    if (chosen.length === 0) return refusal(404, 'no such gateway');

    const body = await readBody(request);
    await Promise.all(chosen.map(async (gateway) => act(gateway, body, this.fleet)));
    return { status: 200, body: { gateways: chosen.length } };
  }

  private show(number?: string, name?: string, item?: string, query?: URLSearchParams): Answer {
    if (number === undefined) return { status: 200, body: { gateways: this.fleet.gateways.map(describe) } };
    if (fleetActions.has(name ?? '')) return refusal(405, ROUTES);
    const gateway = this.fleet.gateways.find(isNumbered(number));
    if (!gateway) return refusal(404, 'no such gateway');
    if (name === 'records' && item === undefined) {
      const ledger = gateway.measurements.ledger(ledgerQuerySchema.parse(Object.fromEntries(query ?? [])));
      return { status: 200, body: { gateway: gateway.number, ...ledger } };
    }
    const samples = name === 'samples' ? gateway.measurements.samplesOf(Number(item)) : null;
    return samples ? { status: 200, body: samples } : refusal(404, ROUTES);
  }
}

function isNumbered(number: string): (gateway: SimulatedGateway) => boolean {
  return (gateway) => String(gateway.number) === number;
}

function describe(gateway: SimulatedGateway): Record<string, unknown> {
  const { number, url, profile, openConnections, maxOpenConnections, connectionsAccepted, overtaken } = gateway;
  return {
    ...{ number, url, profile, openConnections, maxOpenConnections, connectionsAccepted, overtaken },
    logins: gateway.loginCounts,
  };
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('the body is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return text.trim() === '' ? {} : JSON.parse(text);
}
