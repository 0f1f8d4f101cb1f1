import { existsSync } from 'node:fs';
import { Program } from '../support/program';

jest.setTimeout(120_000);

// The findings of a long soak are for a person to read. These tests only check that it works.
describe('the soak', () => {
  let program: Program;

  const run = (minutes: number): void => {
    program = new Program('../bench/soak/main.js', {}, ['--minutes', `${minutes}`, '--count', '5']);
  };
  afterEach(async () => {
    program.kill('SIGTERM'); // Always: it stops its child processes, which the test does not know.
    await program.exit();
  });

  const expectNothingLeft = async (): Promise<void> => {
    const [, dataDir = '', pid = ''] = await program.prints(/PostgreSQL in (\S+), .* process (\d+)/);
    expect([existsSync(dataDir), existsSync(`/proc/${pid}`)]).toEqual([false, false]);
  };

  it('causes faults, reports the memory of the service, and confirms that every invariant held', async () => {
    run(0.05);

    expect(await program.exit()).toBe(0);

    expect(program.output).toMatch(/minutes +resident MB +heap MB/);
    expect(program.output).toMatch(/resident MB: \d+\.\d to \d+\.\d, growing by -?\d/);
    expect(program.output).toMatch(/Troubles: \w+/);
    expect(program.output).toContain('Every invariant held.');
    await expectNothingLeft();
  });

  it('ends cleanly with Ctrl-C', async () => {
    run(60);
    await program.prints(/heap MB/);

    program.killGroup('SIGINT');

    expect(await program.exit()).toBe(0);
    await expectNothingLeft();
  });

  it.each([
    ['an unknown option', ['--hours', '1']],
    ['a wrong number', ['--minutes', 'many']],
  ])('refuses %s', async (_, args) => {
    program = new Program('../bench/soak/main.js', {}, args);
    expect(await program.exit()).toBe(2);
  });
});
