/** Clean-up steps, run at the end in reverse order, also after a failure or an interruption. */
export class CleanUp {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private isOver = false;

  /** @throws Error after `run`, to stop interrupted code that still starts things. The step is kept: call `run` again. */
  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
    if (this.isOver) throw new Error('it was interrupted');
  }

  /** Stops `something` at the end. Returns it. @throws Error after `run` */
  keep<Stoppable extends { stop(): Promise<unknown> }>(something: Stoppable): Stoppable {
    this.add(() => something.stop());
    return something;
  }

  async run(): Promise<void> {
    this.isOver = true;
    for (let step = this.steps.pop(); step; step = this.steps.pop()) await step();
  }
}
