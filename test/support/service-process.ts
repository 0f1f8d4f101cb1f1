import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import { ApiClient, bodyOf } from './api-client';
import { eventually } from './eventually';
import { Program } from './program';

const LISTENING = /listening on (http:\/\/[^\s,"]+)/;
const READY_MS = 60_000;

/** The built service in its own process, with the given settings, no rate limits, and the defaults for the rest. */
export class ServiceProcess {
  private constructor(
    readonly program: Program,
    readonly api: ApiClient,
  ) {}

  /**
   * Starts it on a free port, and waits until it is ready, which is when it holds the sessions.
   * @param preloaded see `Program`
   * @param launcher see `Program`
   */
  static async start(
    variables: Record<string, string>,
    preloaded?: string,
    launcher?: readonly string[],
  ): Promise<ServiceProcess> {
    const program = new Program(
      'main.js',
      { PORT: '0', RATE_LIMIT_FACTOR: '0', ...variables },
      [],
      preloaded,
      launcher,
    );
    try {
      const service = new ServiceProcess(program, new ApiClient((await program.prints(LISTENING))[1] ?? ''));
      await eventually(() => bodyOf(service.api.get('/api/health/ready')), READY_MS);
      return service;
    } catch (error) {
      await program.destroy();
      throw error;
    }
  }

  get pid(): number {
    return this.program.pid;
  }

  get isRunning(): boolean {
    return this.program.isRunning;
  }

  /** How many gateways are in a state. */
  async count(state: string): Promise<number> {
    const page = await bodyOf<ConnectionPageDto>(this.api.get(`/api/connections?limit=1&state=${state}`));
    return page.pagination.total;
  }

  /** Creates a factory in a new organization. Returns its id. */
  async createFactory(): Promise<string> {
    const organization = await bodyOf<{ id: string }>(this.api.post('/api/organizations', { name: 'Acme' }), 201);
    const body = { organization_id: organization.id, name: 'Springfield' };
    return (await bodyOf<{ id: string }>(this.api.post('/api/factories', body), 201)).id;
  }
}
