import type { Program } from '../../test/support/program';

const ERROR_LEVEL = 50;
const KEPT = 20;

/** Reads what the service prints, for hours, and keeps what a person would have to act on. */
export class ServiceLog {
  readonly problems: string[] = [];
  private rest = '';

  constructor(private readonly program: Program) {}

  /** Looks at what was printed since the last time. */
  read(): void {
    const lines = (this.rest + this.program.takeOutput()).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '' && isProblem(line) && this.problems.length < KEPT) this.problems.push(`it logged ${line}`);
    }
  }
}

/** An error, or something that is no line of the log at all, as a warning of Node is. */
function isProblem(line: string): boolean {
  try {
    return (JSON.parse(line) as { level: number }).level >= ERROR_LEVEL;
  } catch {
    return true;
  }
}
