import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openApiDocument } from '../../src/cli/openapi-document';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { eventually } from '../support/eventually';

const run = promisify(execFile);
const root = resolve(__dirname, '../..');
const tool = (name: string, args: string[]) => run(join(root, 'node_modules/.bin', name), args);

const COMPILING_MS = 90_000;

/** What read_waveform.py prints of the files of a folder: the values of each axis. */
interface ReadFiles {
  readonly npy: readonly number[][];
  readonly wav: readonly number[][];
  readonly rate: number;
}

const hasPython = spawnSync('python3', ['--version']).status === 0;
const itWithPython = hasPython ? it : it.skip;

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: ['node'],
  skipLibCheck: true, // What others declare is not what is tested, and most of the work.
  typeRoots: [join(root, 'node_modules/@types')],
  strict: true,
};

interface Operation {
  operationId: string;
  responses: Record<string, { $ref?: string; content?: Record<string, object> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Operation['responses']; schemas: Record<string, { example?: object }> };
}

describe('the OpenAPI document', () => {
  let document: string;
  beforeAll(async () => (document = await openApiDocument()));

  it('is committed as the code generates it, without a database', async () => {
    const committed = await readFile(join(root, 'openapi.json'), 'utf8');
    expect(document).toBe(committed); // Stale? npm run openapi
  });

  it('names every operation once, and declares the same error envelope for every error', () => {
    const { paths, components } = JSON.parse(document) as Document;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const [status, response] of operations.flatMap(({ responses }) => Object.entries(responses))) {
      if (Number(status) < 400 || status === '503') continue; // A health response with 503 has the body of one with 200.
      const { content } = components.responses[response.$ref?.split('/').at(-1) ?? ''] ?? response;
      expect(content?.['application/json']).toMatchObject({ schema: { $ref: '#/components/schemas/Error' } });
    }
  });
});

describe('the clients and examples of the OpenAPI document', () => {
  let hub: TestApp;
  let device: SimulatedGateway;
  let folder: string;
  beforeAll(async () => {
    [hub, device, folder] = await Promise.all([
      startTestApp(),
      SimulatedGateway.listen(),
      mkdtemp(join(tmpdir(), 'gateway-hub-clients-')),
    ]);
    await cp(join(root, 'test/fixtures/generated-clients'), folder, { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
    await generate(join(root, 'openapi.json'), join(folder, 'generated'), hub.url);
    await compile(folder);
  }, COMPILING_MS);
  afterAll(() => Promise.all([hub.close(), device.close(), rm(folder, { recursive: true, force: true })]));

  const drive = async (program: string, ...args: string[]): Promise<unknown> =>
    JSON.parse((await run(process.execPath, [join(folder, program), hub.url, ...args])).stdout);

  it('the example bodies are accepted', async () => {
    const { schemas } = (JSON.parse(await readFile(join(root, 'openapi.json'), 'utf8')) as Document).components;
    const send = async (method: 'post' | 'put', path: string, schema: string, known: object = {}): Promise<string> => {
      const response = await hub.http[method](path).send({ ...schemas[schema]?.example, ...known });
      expect([schema, response.body, response.status]).toEqual([schema, response.body, method === 'post' ? 201 : 200]);
      return `${path}/${(response.body as { id: string }).id}`;
    };
    const idOf = (path: string) => path.split('/').at(-1);

    const organization = await send('post', '/api/organizations', 'CreateOrganization');
    const factory = await send('post', '/api/factories', 'CreateFactory', { organization_id: idOf(organization) });
    const absent = { factory_id: idOf(factory), desired_state: 'disconnected' };
    const gateway = await send('post', '/api/gateways', 'CreateGateway', absent);
    await send('put', organization, 'UpdateOrganization');
    await send('put', factory, 'UpdateFactory');
    await send('put', gateway, 'UpdateGateway');
  });

  it('by @hey-api/openapi-ts: creates a gateway and sees it connected', async () => {
    const { email, password } = LOGIN;
    const status = await drive('hey-api.js', device.url, email, password);
    expect(status).toMatchObject({ gateway_id: 'GW-CLIENT', state: 'connected', reason: null });
    expect(device.openConnections).toBe(1);
  });

  it('by openapi-typescript: creates, changes and lists', async () => {
    const refusal = [404, 'GATEWAY_NOT_FOUND'];
    expect(await drive('openapi-typescript.js')).toEqual({ location: 'Hall 2', names: ['Austin'], refusal });
  });

  it('by orval: creates, changes and lists', async () => {
    const refusal = [404, 'GATEWAY_NOT_FOUND'];
    expect(await drive('orval.js')).toEqual({ location: 'Hall 2', names: ['Cypress Creek'], refusal });
  });

  describe('read the readings of a gateway', () => {
    interface Read {
      readonly recordId: number;
      readonly waveform: { readonly sampleRateHz: number; readonly x: number[]; readonly z: number[] };
    }
    const RATE = 6400;
    let measuring: SimulatedGateway;
    let gatewayId: string;
    let read: Read;
    beforeAll(async () => {
      const signals = { kind: 'noise', rms: 0.7 } as const;
      measuring = await SimulatedGateway.listen({ sensors: 2, samples: 500, rateHz: RATE, signals });
      const gateway = await createGateway(hub.http, await createFactory(hub.http), measuring);
      gatewayId = gateway.id;
      await eventually(async () => {
        const { body } = (await hub.http.get(`/api/sensors?gateway_id=${gatewayId}`).expect(200)) as { body: object };
        expect(body).toMatchObject({ data: [{ fs_hz: RATE }, { fs_hz: RATE }] }); // Before the first reading.
      });
      const sender = setInterval(() => measuring.notify('reading'), 300);
      try {
        read = (await drive('hey-api-readings.js', gatewayId, folder)) as Read;
      } finally {
        clearInterval(sender);
      }
    }, COMPILING_MS);
    afterAll(() => measuring.close());

    /** What the sensor has measured, by axis. */
    function measured(): { x: number[]; z: number[] } {
      const { records } = measuring.measurements.ledger({ kind: 'reading', limit: 1000 });
      const found = records.find(({ id }) => id === read.recordId);
      const { X = [], Z = [] } = measuring.measurements.samplesOf(found?.number ?? 0) ?? {};
      return { x: X, z: Z };
    }

    it('by @hey-api/openapi-ts: sensors, readings by time and by arrival, the stream, completeness and a waveform', () => {
      expect(read).toEqual({
        recordId: expect.any(Number) as number,
        ...{
          sensor: true,
          isListed: [true, true],
          kinds: ['vibration', 'temperature', 'battery'],
          zoneCorrection: null,
        },
        waveform: { unit: 'g', sampleRateHz: RATE, ...measured() },
      });
      expect(read.waveform.x).toHaveLength(500);
    });

    itWithPython('Python reads the NPY and the WAV that the client has written (skipped without python3)', async () => {
      const { stdout } = await run('python3', [join(root, 'test/fixtures/read_waveform.py'), folder], {
        maxBuffer: 1e8,
      });
      const { stdlib, numpy } = JSON.parse(stdout) as { stdlib: ReadFiles; numpy: ReadFiles | null };
      const { x, z } = measured();
      const values = [x, z].map((axis) => axis.map(Math.fround));
      expect(stdlib).toEqual({ npy: values, wav: values, rate: RATE });
      expect(numpy ?? stdlib).toEqual(stdlib);
    });

    it('by openapi-typescript: a waveform as JSON and as NPY', async () => {
      const expected = { samples: true, magic: 'NUMPY', size: true };
      expect(await drive('openapi-typescript-readings.js', gatewayId)).toEqual(expected);
    });

    it('by orval: sensors, readings, and a waveform as NPY', async () => {
      const expected = { sensor: true, status: 200, magic: 'NUMPY' };
      expect(await drive('orval-readings.js', gatewayId)).toEqual(expected);
    });
  });
});

/** @throws Error with what the compiler says */
async function compile(folder: string): Promise<void> {
  try {
    await tool('tsc', ['-p', folder]);
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  }
}

async function generate(input: string, output: string, baseUrl: string): Promise<void> {
  const orvalConfig = join(output, '../orval.config.cjs');
  const orval = { hub: { input, output: { target: join(output, 'orval.ts'), client: 'fetch', baseUrl } } };
  await writeFile(orvalConfig, `module.exports = ${JSON.stringify(orval)};`);
  // Waits for all, also when one fails: the others would go on writing into a folder that is removed.
  const outcomes = await Promise.allSettled([
    tool('openapi-ts', ['-i', input, '-o', join(output, 'hey-api'), '-c', '@hey-api/client-fetch', '--silent']),
    tool('openapi-typescript', [input, '-o', join(output, 'openapi-typescript.ts')]),
    tool('orval', ['--config', orvalConfig]),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw new Error('a generator failed', { cause: failed.reason });
}
