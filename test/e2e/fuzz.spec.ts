import { Client as Sql } from 'pg';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { operationsOf } from '../fuzz/document';
import type { Document } from '../fuzz/document';
import { describeFailure, Fuzz } from '../fuzz/fuzz';
import { SECRET_MARK } from '../fuzz/secrets';
import { settings } from '../fuzz/settings';
import { captureLog } from '../support/captured-log';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

jest.setTimeout(120_000 + settings.runs * 30);

let service: TestApp;
let device: SimulatedGateway;
let fuzz: Fuzz;
const errors: string[] = [];
let hasLoggedSecret = false;

beforeAll(async () => {
  captureLog((text) => {
    if (text.includes('request failed')) errors.push(text);
    hasLoggedSecret ||= text.includes(SECRET_MARK);
  });
  service = await startTestApp({
    LOG_LEVEL: 'info',
    GATEWAY_NETWORKS: '127.0.0.0/8, ::1/128',
    RATE_LIMIT_FACTOR: '0',
    AUTH: 'off',
  });
  device = await SimulatedGateway.listen();
  const document = (await service.http.get('/docs-json').expect(200)).body as Document;
  fuzz = new Fuzz(service.url, operationsOf(document), device.url);
});

afterAll(async () => {
  fuzz.close();
  await service.close();
  await device.close();
  jest.restoreAllMocks();
});

it('API-05, API-06, QUAL-03: every answer to a random request is declared, and matches its schema', async () => {
  const { runs, seed, path } = settings;
  const failure = path === null ? await fuzz.run(runs, seed) : await fuzz.shrink(seed, path);
  if (failure) {
    const smallest = path === null ? await fuzz.shrink(failure.seed, failure.path) : failure;
    const hint = smallest ? '' : 'Alone, this request does not fail; others were in flight.\n';
    throw new Error(`${hint}${describeFailure(smallest ?? failure)}\n${errors.join('')}`);
  }
  expect(errors).toEqual([]);
});
