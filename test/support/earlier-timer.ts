/** For tests of what must not happen too soon, without asking any clock. */
export interface EarlierTimer {
  readonly isDue: boolean;
  /** Resolves when it is due. */
  readonly due: Promise<void>;
}

/**
 * A timer to compare others with: one that is longer and is set later in this process is due later, however busy the machine is.
 * So what waits for that one has not happened when this one is due.
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
