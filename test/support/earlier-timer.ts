/** A timer to check that something does not happen too soon, without reading a clock. */
export interface EarlierTimer {
  readonly isDue: boolean;
  /** Resolves when the timer is due. */
  readonly due: Promise<void>;
}

/**
 * A reference timer: a longer one that is set later in this process is due later, however busy the machine is. So what waits for
 * the longer one has not happened when this one is due.
 */
export function earlierTimer(ms: number): EarlierTimer {
  let isDue = false;
  const due = new Promise<void>((resolve) => {
    const finish = (): void => {
      isDue = true;
      resolve();
    };
    setTimeout(finish, ms).unref();
  });
  return {
    due,
    get isDue() {
      return isDue;
    },
  };
}
