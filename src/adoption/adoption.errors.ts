/** The database cannot be adopted as it is. The message has one line for each problem, and no password. */
export class AdoptionRefusedError extends Error {
  override readonly name = 'AdoptionRefusedError';

  constructor(problems: readonly string[]) {
    super(['The database was not changed, because it cannot be taken over as it is:', ...problems].join('\n  '));
  }
}
