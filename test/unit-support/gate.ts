/** Lets callers pass at once, except while a test holds it: for fakes that answer when the test says so. */
export class Gate {
  private held: Promise<void> | null = null;

  /** Holds back later callers until the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return () => {
      this.held = null;
      release();
    };
  }

  pass(): Promise<void> {
    return this.held ?? Promise.resolve();
  }
}
