import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openApiDocument } from '../../src/cli/openapi-document';
import { SimulatedGateway } from '../../src/simulator/simulated-gateway';
import { LOGIN } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

const run = promisify(execFile);
const root = resolve(__dirname, '../..');
const tool = (name: string) => join(root, 'node_modules/.bin', name);

const COMPILING_MS = 90_000;

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: ['node'],
  skipLibCheck: true, // What others declare is not what is tested, and most of the work.
  typeRoots: [join(root, 'node_modules/@types')],
  strict: true,
};

describe('the OpenAPI document', () => {
  let document: string;
  beforeAll(async () => (document = await openApiDocument()));

  it('is committed as the code makes it, without a database', async () => {
    const committed = await readFile(join(root, 'openapi.json'), 'utf8');
    expect(document).toBe(committed); // Stale? npm run openapi
  });

  it('names every operation once, and declares the one error envelope for every refusal', () => {
    const { paths } = JSON.parse(document) as {
      paths: Record<string, Record<string, { operationId: string; responses: Record<string, { content?: object }> }>>;
    };
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { responses } of operations) {
      for (const [status, { content }] of Object.entries(responses)) {
        if (Number(status) >= 400 && Number(status) !== 503) {
          expect(content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/Error' } } });
        }
      }
    }
  });
});

describe('a client generated from the OpenAPI document', () => {
  let hub: TestApp;
  let device: SimulatedGateway;
  let folder: string;
  beforeAll(async () => {
    [hub, device, folder] = await Promise.all([
      startTestApp(),
      SimulatedGateway.listen(),
      mkdtemp(join(tmpdir(), 'gateway-hub-client-')),
    ]);
  });
  afterAll(() => Promise.all([hub.close(), device.close(), rm(folder, { recursive: true, force: true })]));

  it(
    'compiles, and drives the service: a gateway is created and seen to be connected',
    async () => {
      await cp(join(root, 'test/fixtures/generated-client'), folder, { recursive: true });
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
      const input = join(root, 'openapi.json');
      await run(tool('openapi-ts'), [
        '-i',
        input,
        '-o',
        join(folder, 'client'),
        '-c',
        '@hey-api/client-fetch',
        '--silent',
      ]);
      await run(tool('tsc'), ['-p', folder]);

      const { email, password } = LOGIN;
      const { stdout } = await run(process.execPath, [join(folder, 'drive.js'), hub.url, device.url, email, password]);

      expect(JSON.parse(stdout)).toMatchObject({ gateway_id: 'GW-CLIENT', state: 'connected', reason: null });
      expect(device.openConnections).toBe(1);
    },
    COMPILING_MS,
  );
});
