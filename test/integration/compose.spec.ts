import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
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
      readonly stop_grace_period?: string;
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

interface Probe {
  readonly httpGet: { readonly path: string };
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly serviceName?: string;
    readonly template?: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: {
          readonly env: { readonly name: string; readonly value?: string }[];
          readonly securityContext: object;
          readonly readinessProbe: Probe;
          readonly livenessProbe: Probe;
        }[];
      };
    };
  };
}

const root = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const compose = (path: string) => parse(read(path), { merge: true }) as ComposeFile;
const run = promisify(execFile);

/** What values the files of secrets could have. */
const SECRETS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://hub:secret@postgres:5432/hub',
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  ENCRYPTION_PREVIOUS_KEYS: '',
  METRICS_TOKEN: 'a'.repeat(64),
  NATS_TOKEN: 'b'.repeat(64),
};

/** The settings of a program in production, whose variables are those of a file: unset ones have their defaults. */
function settingsOf(environment: Readonly<Record<string, string>>): object {
  const variables = Object.entries(environment).map(([name, value]) => {
    const secret = /^(.*)_FILE$/.exec(name)?.[1];
    return secret ? [secret, SECRETS[secret]] : [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')];
  });
  return parseConfig({ NODE_ENV: 'production', ...(Object.fromEntries(variables) as Record<string, string>) }).env;
}

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
    const wanted = { ...secrets, ...compose('docker-compose.cluster.yml').secrets };
    expect(files.sort()).toEqual(Object.keys(wanted).sort());
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

describe('docker-compose.cluster.yml', () => {
  const { services, secrets = {}, volumes = {} } = compose('docker-compose.cluster.yml');
  const replicas = Object.entries(services).filter(([name]) => name.startsWith('replica-'));
  const { postgres, nats, roles, proxy } = services;

  it('has three replicas that differ in their names and their spools only', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'nats', 'roles', ...replicas.map(([name]) => name), 'proxy']);
    expect(replicas).toHaveLength(3);
    const [[, first] = []] = replicas;
    for (const [name, replica] of replicas) {
      expect(replica).toEqual({
        ...first,
        environment: { ...first?.environment, REPLICA_NAME: name },
        volumes: [`${name}-data:${replica.environment?.['DATA_DIR']}`],
      });
    }
    expect(Object.keys(volumes).sort()).toEqual(['postgres-data', ...replicas.map(([name]) => `${name}-data`)]);
    expect(first?.depends_on).toMatchObject({ roles: { condition: 'service_completed_successfully' } });
    expect(first?.stop_grace_period).toBe('30s');
  });

  it('SEC-26: takes every secret from a file, and gives no program a privilege that it does not need', () => {
    for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`secrets/${name}`);
    for (const each of Object.values(services)) {
      expect(each).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
    for (const { environment = {}, secrets: given = [] } of [roles, ...replicas.map(([, each]) => each)].flatMap(
      (each) => each ?? [],
    )) {
      const paths = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
      expect(paths.map(([, path]) => path).sort()).toEqual(given.map((name) => `/run/secrets/${name}`).sort());
    }
    expect([nats?.ports, postgres?.ports]).toEqual([undefined, undefined]);
    expect(proxy?.ports).toEqual(['127.0.0.1:${PORT:-3000}:3000']);
  });

  it('has settings that the service accepts', async () => {
    const { environment = {} } = replicas[0]?.[1] ?? {};
    expect(settingsOf(environment)).toEqual(
      expect.objectContaining({ NATS_URL: ['nats://nats:4222'], REPLICA_NAME: 'replica-1' }),
    );
    for (const [name] of replicas) expect(read('deploy/cluster/Caddyfile')).toContain(`${name}:3000`);
    for (const file of [nats, proxy].flatMap((each) => /^\.\/(\S+?):/.exec(each?.volumes?.[0] ?? '')?.[1] ?? [])) {
      await stat(join(root, file));
    }
  });
});

describe('deploy/kubernetes/gateway-hub.yml', () => {
  const objects = parseAllDocuments(read('deploy/kubernetes/gateway-hub.yml')).map(
    (each) => each.toJS() as KubernetesObject,
  );
  const set = objects.find(({ kind }) => kind === 'StatefulSet');
  const [container] = set?.spec.template?.spec.containers ?? [];

  it('has settings that the service accepts, and a replica name for each pod', () => {
    const variables = Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, value ?? 'gateway-hub-0']),
    );
    expect(settingsOf(variables)).toEqual(expect.objectContaining({ REPLICA_NAME: 'gateway-hub-0' }));
    expect(container?.env.find(({ name }) => name === 'REPLICA_NAME')).toMatchObject({
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    });
  });

  it('selects its own pods, and leaves a replica the time that it needs to leave', () => {
    expect(objects.map(({ kind }) => kind)).toEqual(['StatefulSet', 'Service', 'Service', 'PodDisruptionBudget']);
    expect(set?.spec.serviceName).toBe(objects.find(({ spec }) => spec.clusterIP === 'None')?.metadata.name);
    expect(set?.spec.template?.spec.terminationGracePeriodSeconds).toBe(30);
    const { securityContext, readinessProbe, livenessProbe } = container ?? {};
    expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    expect([readinessProbe, livenessProbe].map((probe) => probe?.httpGet.path)).toEqual([
      '/api/health/ready',
      '/api/health/live',
    ]);
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
