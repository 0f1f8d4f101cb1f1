import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

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
    }
  >;
}

const text = readFileSync(resolve(__dirname, '../../docker-compose.yml'), 'utf8');
const { postgres, service } = (parse(text) as ComposeFile).services;

// Docker itself is needed to run it; what the file promises can be read without.
describe('docker-compose.yml', () => {
  it('DB-01: brings PostgreSQL 15 or newer, with a health check, on a configurable port of this machine alone', () => {
    expect(Number(/^postgres:(\d+)/.exec(postgres?.image ?? '')?.[1])).toBeGreaterThanOrEqual(15);
    expect(postgres?.healthcheck?.test.join(' ')).toContain('pg_isready');
    expect(postgres?.ports).toEqual(['127.0.0.1:${POSTGRES_PORT:-5432}:5432']);
    expect(postgres?.profiles).toBeUndefined();
  });

  it('brings the service as a profile, once the database is healthy, and with no key of its own', () => {
    expect(service?.profiles).toEqual(['service']);
    expect(service?.depends_on?.['postgres']?.condition).toBe('service_healthy');
    expect(service?.environment['ENCRYPTION_KEY']).toBe('${ENCRYPTION_KEY:-}');
  });
});
