/** What is to be undone at the end, the newest first, however the end comes about. */
export class CleanUp {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private isOver = false;

  /** @throws Error after the end: what was interrupted is still starting things, and shall go no further. Call `run` again then. */
  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
    if (this.isOver) throw new Error('it was interrupted');
  }

  /** Something with a way to stop it, which is stopped at the end. @throws Error after the end */
  keep<Stoppable extends { stop(): Promise<unknown> }>(something: Stoppable): Stoppable {
    this.add(() => something.stop());
    return something;
  }

  async run(): Promise<void> {
    this.isOver = true;
    for (let step = this.steps.pop(); step; step = this.steps.pop()) await step();
  }
}
