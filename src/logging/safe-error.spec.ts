import { safeError } from './safe-error';

describe('safeError', () => {
  it('QUAL-05: says what happened, with the code and the cause', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(safeError(new Error('no database', { cause }))).toMatchObject({
      type: 'Error',
      message: 'no database',
      cause: { message: 'refused', code: 'ECONNREFUSED' },
    });
  });

  it('leaves out what libraries attach: parameters and details may hold credentials', () => {
    const error = Object.assign(new Error('failed'), {
      query: 'INSERT',
      parameters: ['v1.abc.sealed'],
      driverError: { detail: 'Failing row contains (v1.abc.sealed)' },
      detail: 'Failing row contains (v1.abc.sealed)',
    });
    expect(JSON.stringify(safeError(error))).not.toContain('sealed');
  });

  it('handles a thrown value that is not an Error', () => {
    expect(safeError('oops')).toBe('oops');
    expect(safeError({ password: 'x' })).toBe('a value that is not an Error was thrown');
  });
});
