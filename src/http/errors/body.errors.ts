/** A body that is not JSON. */
export class MalformedJsonError extends Error {
  override readonly name = 'MalformedJsonError';
}

/** A body in an encoding, such as gzip, that is not decoded. */
export class EncodedBodyError extends Error {
  override readonly name = 'EncodedBodyError';
}
