import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/config';

const KEY = Buffer.alloc(32, 7).toString('base64');

interface ComposeFile {
  services: Record<
    string,
    {
      image?: string;
      profiles?: string[];
      ports: string[];
      healthcheck?: { test: string[] };
      depends_on?: Record<string, { condition: string }>;
      environment: Record<string, string>;
      read_only?: boolean;
      tmpfs?: string[];
      cap_drop?: string[];
      security_opt?: string[];
    }
  >;
}

const read = (path: string) => readFileSync(resolve(__dirname, '../..', path), 'utf8');
const { postgres, service } = (parse(read('docker-compose.yml')) as ComposeFile).services;

// Docker itself is needed to run it; what the file promises can be read without.
describe('docker-compose.yml', () => {
  it('DB-01: provides PostgreSQL 15 or newer, with a health check, on a configurable port of the loopback interface', () => {
    expect(Number(/^postgres:(\d+)/.exec(postgres?.image ?? '')?.[1])).toBeGreaterThanOrEqual(15);
    expect(postgres?.healthcheck?.test.join(' ')).toContain('pg_isready');
    expect(postgres?.ports).toEqual(['127.0.0.1:${POSTGRES_PORT:-5432}:5432']);
    expect(postgres?.profiles).toBeUndefined();
  });

  it('provides the service as a profile, started once the database is healthy, and contains no key', () => {
    expect(service?.profiles).toEqual(['service']);
    expect(service?.depends_on?.['postgres']?.condition).toBe('service_healthy');
    expect(service?.environment['ENCRYPTION_KEY']).toBe('${ENCRYPTION_KEY:-}');
  });

  it('has no default password for the service, and no database URL without a password', () => {
    const url = service?.environment['DATABASE_URL'] ?? '';
    expect(url).toMatch(/^\$\{POSTGRES_PASSWORD:\+postgres:.*\}$/);
    expect(url).not.toContain(':-');
    expect(() => parseConfig({ NODE_ENV: 'production', ENCRYPTION_KEY: KEY, DATABASE_URL: '' })).toThrow(
      /DATABASE_URL/,
    );
  });

  it('has no required variable, because one would stop every service, whatever the profile', () => {
    expect(read('docker-compose.yml')).not.toMatch(/\$\{\w+:?\?/);
  });

  it('gives the service no privilege that it does not need', () => {
    expect(service).toMatchObject({ read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'] });
    for (const each of [service, postgres]) expect(each?.security_opt).toEqual(['no-new-privileges:true']);
  });
});

describe('the Dockerfile', () => {
  const [, image = ''] = read('Dockerfile').split(/^FROM (?!.* AS build)/m);

  it('runs the service as a numeric user id that is not root', () => {
    expect(image).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
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
});
