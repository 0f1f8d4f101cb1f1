import supertest from 'supertest';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { TestDatabase } from '../support/database';
import { createEarlierDatabase, EARLIER, EARLIER_PASSWORDS } from '../support/earlier-database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';

const key = Buffer.alloc(32, 7);
const LISTENING = /listening on (http:\/\/\S+?),/;

describe('the programs on a database of the earlier version', () => {
  const programs: Program[] = [];
  let device: SimulatedGateway;
  let database: TestDatabase;

  const run = (name: string, args: string[] = []): Program => {
    const variables = { DATABASE_URL: database.url, ENCRYPTION_KEY: key.toString('base64'), PORT: '0' };
    const program = new Program(name, variables, args);
    programs.push(program);
    return program;
  };
  const resultOf = async (name: string, ...args: string[]) => {
    const program = run(name, args);
    return { code: await program.exit(), output: program.output };
  };

  beforeAll(async () => {
    device = await SimulatedGateway.listen();
    database = await createEarlierDatabase(key, device.url);
  });
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.destroy()));
    await device.close();
    await database.drop();
  });

  it('name the command to run at a start, and explain its options with --help', async () => {
    const [started, help, mistyped, dryRun] = await Promise.all([
      resultOf('main.js'),
      resultOf('cli/db-adopt.js', '--help'),
      resultOf('cli/db-adopt.js', '--dryrun'),
      resultOf('cli/db-adopt.js', '--dry-run'),
    ]);

    expect(started.output.trim()).toBe(
      'gateway hub: The database has the tables of an earlier version (organizations, factories, gateways): run "npm run db:adopt" to take it over.',
    );
    expect([started, help, mistyped, dryRun].map(({ code }) => code)).toEqual([1, 0, 2, 0]);
    expect(help.output).toContain('--keep-unreadable');
    expect(mistyped.output).toContain("Unknown option '--dryrun'");
    expect(dryRun.output).toContain('nothing was changed');
  });

  it('LIFECYCLE-04: log in with the password of the earlier version after the adoption', async () => {
    const adopted = await resultOf('cli/db-adopt.js');
    expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('was taken over') as string });
    for (const password of Object.values(EARLIER_PASSWORDS)) expect(adopted.output).not.toContain(password);

    const [, url = ''] = await run('main.js').prints(LISTENING);
    await eventually(() =>
      supertest(url)
        .get(`/api/gateways/${EARLIER.gateway}/status`)
        .expect(200, /"state":"connected"/),
    );
    expect(device.logins).toMatchObject([{ accepted: true }]);
  });
});
