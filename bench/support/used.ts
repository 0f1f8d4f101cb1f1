/** What a process has used since its start, in milliseconds. Answers the question `used`. */
export interface Used {
  /** Processor time of the thread that runs the event loop. */
  readonly loop: number;
  /** That of all threads. */
  readonly cpu: number;
}
