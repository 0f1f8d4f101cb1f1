/** What a browser knows about the stream of events. */
export interface Link {
  /** `opening`: none yet. `live`: it is open. `lost`: it ended or cannot be reached. `refused`: the service answered with an error. */
  readonly status: 'opening' | 'live' | 'lost' | 'refused';
  /** The error code of a refusal, such as `TOO_MANY_STREAMS`. */
  readonly code: string | null;
  /** When something last arrived by it, in milliseconds since 1970 by the browser's clock; before that, when the page was opened. */
  readonly newsAt: number;
}

export const openingLink = (at: number): Link => ({ status: 'opening', code: null, newsAt: at });
