import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../src/embedded-postgres/free-port';
import { DEPLOY } from './monitoring-files';

/** A real Prometheus with the configuration of this repository. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** Starts one that reads the service at `url` each second, and not each quarter of a minute. @param token METRICS_TOKEN of the service */
  static async start(url: string, token: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-prometheus-'));
    const port = await findFreePort();
    await writeFile(join(folder, 'token'), token);
    const file = await readFile(join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8');
    const config = file
      .replaceAll('15s', '1s')
      .replace('alerts.yml', join(DEPLOY, 'prometheus/alerts.yml'))
      .replace('/run/secrets/metrics_token', join(folder, 'token'))
      .replace('service:3000', new URL(url).host);
    await writeFile(join(folder, 'prometheus.yml'), config);
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    await once(child, 'spawn');
    return new Prometheus(child, folder, `http://127.0.0.1:${port}`);
  }

  /** The values of an expression now. Rejects while it starts. */
  async query(expr: string): Promise<number[]> {
    const { result } = await this.get<{ result: { value: [number, string] }[] }>(
      `/api/v1/query?query=${encodeURIComponent(expr)}`,
    );
    return result.map(({ value: [, value] }) => Number(value));
  }

  /** Its alerts, and what is wrong with them. */
  async rules(): Promise<{ name: string; health: string; lastError?: string }[]> {
    const { groups } = await this.get<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL'); // Its data goes, too.
    await ended;
    await rm(this.folder, { recursive: true });
  }

  private async get<Data>(path: string): Promise<Data> {
    const response = await fetch(this.url + path);
    const { data } = (await response.json()) as { data?: Data };
    if (!data) throw new Error(`${path} answered ${response.status}`);
    return data;
  }
}
