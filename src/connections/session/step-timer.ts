import type { Moment } from '../../common/clock';
import type { Step } from '../../gateway-client/failure/failure';
import type { SessionFigures } from './session-figures';

/** Measures how long each step of one attempt takes that succeeds. */
export class StepTimer {
  /** Null between two steps. */
  private step: Step | null = 'resolve';
  private since: Moment = performance.now();

  constructor(private readonly figures: SessionFigures) {}

  /** The step so far has succeeded, and this one begins. */
  begin(step: Step): void {
    this.done();
    this.step = step;
    this.since = performance.now();
  }

  /** The step so far has succeeded; another may begin later. */
  done(): void {
    if (this.step !== null) this.figures.onStepDone(this.step, performance.now() - this.since);
    this.step = null;
  }
}
