import type { Program } from '../../test/support/program';

const ERROR_LEVEL = 50;
const KEPT = 20;

/** Scans the output of the service for hours, and keeps lines that an operator would have to act on. */
export class ServiceLog {
  readonly problems: string[] = [];
  private rest = '';

  constructor(private readonly program: Program) {}

  /** Scans what was printed since the last call. */
  read(): void {
    const lines = (this.rest + this.program.takeOutput()).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '' && isProblem(line) && this.problems.length < KEPT) this.problems.push(`it logged ${line}`);
    }
  }
}

/** An error, or output that is not a log line, such as a warning of Node. */
function isProblem(line: string): boolean {
  try {
    return (JSON.parse(line) as { level: number }).level >= ERROR_LEVEL;
  } catch {
    return true;
  }
}
