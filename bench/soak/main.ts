import { print, runCommand } from '../../src/cli/run-command';
import { soak } from './soak';
import { parseSoakArguments, USAGE } from './soak-arguments';

runCommand(async () => {
  const args = parseSoakArguments(process.argv.slice(2));
  if (!args) {
    print(USAGE);
    return 0;
  }
  // npm forwards a signal that the terminal has already sent to this process: only the first one counts.
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return (await soak(args, interrupted.signal)) ? 0 : 1;
});
