import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/config';
import { readSecretFiles } from '../../src/config/secret-files';
import { start } from '../support/create-app';
import { createDatabase } from '../support/database';

interface ComposeFile {
  readonly services: Record<
    string,
    {
      readonly image?: string;
      readonly profiles?: string[];
      readonly ports?: string[];
      readonly command?: string[];
      readonly healthcheck?: { test: string[] };
      readonly depends_on?: Record<string, { condition: string }>;
      readonly environment?: Record<string, string>;
      readonly secrets?: string[];
      readonly user?: string;
      readonly read_only?: boolean;
      readonly tmpfs?: string[];
      readonly volumes?: string[];
      readonly cap_drop?: string[];
      readonly security_opt?: string[];
    }
  >;
  readonly secrets?: Record<string, { file: string }>;
  readonly volumes?: Record<string, null>;
}

interface ScrapeConfig {
  readonly scrape_configs: { static_configs: { targets: string[] }[] }[];
}

interface Providers {
  readonly providers: { options: { path: string } }[];
}

const root = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const compose = (path: string) => parse(read(path), { merge: true }) as ComposeFile;
const run = promisify(execFile);

// Docker itself is needed to run them; what the files promise can be read without.
describe('docker-compose.yml', () => {
  const { services } = compose('docker-compose.yml');

  it('DB-01: provides PostgreSQL 15 or newer, with a health check, on a configurable port of the loopback interface', () => {
    const { postgres } = services;
    expect(Object.keys(services)).toEqual(['postgres']);
    expect(Number(/^postgres:(\d+)/.exec(postgres?.image ?? '')?.[1])).toBeGreaterThanOrEqual(15);
    expect(postgres?.healthcheck?.test.join(' ')).toContain('pg_isready');
    expect(postgres?.ports).toEqual(['127.0.0.1:${POSTGRES_PORT:-5432}:5432']);
    expect(postgres?.profiles).toBeUndefined();
    expect(postgres?.security_opt).toEqual(['no-new-privileges:true']);
  });
});

describe('docker-compose.service.yml', () => {
  const { services, secrets = {}, volumes = {} } = compose('docker-compose.service.yml');
  const { postgres, roles, service, prometheus, grafana } = services;

  it('starts the service once the database is healthy and the roles are made', () => {
    expect(roles?.command?.slice(-2)).toEqual(['dist/src/cli/db.js', 'roles']);
    expect(roles?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(service?.depends_on).toEqual({ roles: { condition: 'service_completed_successfully' } });
    expect(service?.ports).toEqual(['127.0.0.1:${PORT:-3000}:3000']);
  });

  it('SEC-26: takes every secret from a file, and contains none', () => {
    const credentials = /credentials_file: (\S+)/.exec(read('deploy/prometheus/prometheus.yml'))?.[1];
    expect(prometheus?.secrets?.map((name) => `/run/secrets/${name}`)).toEqual([credentials]);
    for (const { environment, secrets: given = [] } of Object.values(services)) {
      if (!environment) continue;
      const paths = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
      expect(paths.map(([, path]) => path).sort()).toEqual(given.map((name) => `/run/secrets/${name}`).sort());
      expect(Object.keys(environment).filter((name) => /(PASSWORD|URL|KEY|KEYS)$/.test(name))).toEqual([]);
    }
    for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`secrets/${name}`);
    expect(read('.gitignore').split('\n')).toContain('secrets/');
  });

  it('SEC-27: publishes no port of the database, and gives the service no login of the owner', () => {
    expect(postgres?.ports).toBeUndefined();
    expect(postgres?.environment?.['POSTGRES_USER']).toBe('gateway_hub_owner');
    expect(service?.secrets).not.toContain('database_migration_url');
    expect(service?.secrets).not.toContain('postgres_password');
  });

  it('gives no program a privilege that it does not need', () => {
    for (const each of Object.values(services)) {
      expect(each).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(each.tmpfs).toContain('/tmp');
    }
    for (const each of [roles, service, prometheus, grafana]) expect(each?.user).toBe('${SERVICE_USER:-1000:1000}');
  });

  it('keeps the data of the database and the spool of the service in volumes', () => {
    expect(Object.keys(volumes).sort()).toEqual(['grafana-data', 'postgres-data', 'prometheus-data', 'service-data']);
    expect(postgres?.volumes).toEqual(['postgres-data:/var/lib/postgresql/data']);
    const directory = service?.environment?.['DATA_DIR'];
    expect(service?.volumes).toEqual([`service-data:${directory}`]);
    // Docker makes a mount point that the image lacks for root alone, and the service is not root.
    expect(read('Dockerfile')).toContain(`\nRUN mkdir --mode=1777 ${directory}\n`);
    expect(roles?.volumes).toBeUndefined();
  });

  it('has Prometheus and Grafana in the profile `monitoring`, of fixed versions, on this machine alone', async () => {
    const inProfile = Object.entries(services).filter(([, { profiles }]) => profiles?.includes('monitoring'));
    expect(inProfile.map(([name]) => name)).toEqual(['prometheus', 'grafana']);
    expect(services['service']?.environment?.['METRICS_TOKEN_FILE']).toBe('/run/secrets/metrics_token');
    for (const { image, ports = [], volumes: mounts = [] } of [prometheus, grafana].flatMap((each) => each ?? [])) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
      const files = mounts.flatMap((mount) => /^\.\/(\S+?):\S+:ro$/.exec(mount)?.[1] ?? []);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) await stat(join(root, file));
    }
    const config = parse(read('deploy/prometheus/prometheus.yml')) as ScrapeConfig;
    expect(config.scrape_configs[0]?.static_configs[0]?.targets).toEqual(['service:3000']);
    const source = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as { datasources: unknown[] };
    expect(source.datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }]);
    const { providers } = parse(read('deploy/grafana/provisioning/dashboards/gateway-hub.yml')) as Providers;
    expect(grafana?.volumes?.join()).toContain(`gateway-hub.json:${providers[0]?.options.path}/gateway-hub.json`);
  });

  it('SEC-26: docker:secrets makes every file, for its owner alone, and never replaces one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-compose-'));
    const make = () => run(process.execPath, [join(root, 'scripts/docker-secrets.mjs')], { cwd: folder });
    const { stdout } = await make();
    const files = await readdir(join(folder, 'secrets'));
    expect(files.sort()).toEqual(Object.keys(secrets).sort());
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
    for (const name of files) expect((await stat(join(folder, 'secrets', name))).mode & 0o777).toBe(0o600);

    const variables = Object.entries(roles?.environment ?? {}).map(([name, path]) => [
      name,
      path.replace('/run', folder),
    ]);
    const { variables: all, warnings } = readSecretFiles(Object.fromEntries(variables) as Record<string, string>);
    const config = parseConfig({ NODE_ENV: 'production', ...all });
    expect([config.runtimeRole, config.forMigrations.databaseAddress]).toMatchObject([
      'gateway_hub',
      {
        user: 'gateway_hub_owner',
        password: (await readFile(join(folder, 'secrets/postgres_password'), 'utf8')).trim(),
      },
    ]);
    expect(warnings).toEqual([]);
    expect(stdout).not.toContain(config.databaseAddress.password);

    await expect(make()).rejects.toThrow('exists already; nothing was changed');

    // A folder of an earlier version lacks some.
    const contents = () => Promise.all(files.map((name) => readFile(join(folder, 'secrets', name), 'utf8')));
    const before = await contents();
    await rm(join(folder, 'secrets', 'metrics_token'));
    const added = await make();
    expect(added.stdout).toContain('Made 1 files in secrets: metrics_token.');
    const changed = (await contents()).flatMap((text, index) => (text === before[index] ? [] : [files[index]]));
    expect(changed).toEqual(['metrics_token']);
    expect(parseConfig({ METRICS_TOKEN: (await contents())[files.indexOf('metrics_token')]?.trim() })).toBeDefined();
    await rm(folder, { recursive: true });
  });
});

describe('the Dockerfile', () => {
  const [, image = ''] = read('Dockerfile').split(/^FROM (?!.* AS build)/m);

  it('runs the service as a numeric user id that is not root', () => {
    expect(image).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it('has every script that its build runs', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = [...(scripts['build'] ?? '').matchAll(/scripts\/([\w-]+\.mjs)/g)].map(([, name = '']) => name);
    const imported = run.flatMap((name) =>
      [...read(`scripts/${name}`).matchAll(/from '\.\/([\w-]+\.mjs)'/g)].map(([, other = '']) => other),
    );
    const copied = /^COPY (scripts\/.*) scripts\/$/m.exec(read('Dockerfile'))?.[1]?.split(' ') ?? [];
    const wanted = [...run, ...imported].map((name) => `scripts/${name}`);
    expect(copied.toSorted()).toEqual(wanted.toSorted());
    for (const name of wanted) expect(read('.dockerignore').split('\n')).toContain(`!${name}`);
  });

  it('leaves no package manager in the image', () => {
    for (const name of ['lib/node_modules', 'bin/npm', 'bin/npx', 'bin/corepack', 'bin/yarn']) {
      expect(image).toMatch(new RegExp(`^RUN rm -rf .*/usr/local/${name}`, 'm'));
    }
    expect(/^(CMD|ENTRYPOINT) .*$/m.exec(image)?.[0]).toContain('["node", ');
  });

  it('does not let a signal open the inspector', () => {
    expect(/^CMD .*$/gm.exec(image)?.[0]).toContain('"--disable-sigusr1"');
  });

  it('has a health check that works, and fails if there is no service', async () => {
    const [program = '', ...args] = JSON.parse(/HEALTHCHECK .*\\\n\s*(\[.*\])/.exec(image)?.[1] ?? '[]') as string[];
    const database = await createDatabase();
    const app = await start(database);
    const PORT = new URL(await app.getUrl()).port;
    const check = () => run(process.execPath, args, { env: { PORT } });
    expect(program).toBe('node');
    await check();
    await app.close();
    await expect(check()).rejects.toMatchObject({ code: 1 });
    await database.drop();
  });
});
