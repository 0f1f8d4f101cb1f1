import { changesOf } from './changes';

describe('the changes of a form', () => {
  const before = { name: 'North', model: null, tls: { insecure: true }, metadata: { rack: 'B4' }, updated_at: 'x' };

  it('are the values that differ, and nothing if none does', () => {
    expect(changesOf(before, { name: 'North', model: null, metadata: { rack: 'B4' } })).toEqual({});
    expect(changesOf(before, { name: 'South', model: 'CTC', tls: null, metadata: {} })).toEqual({
      name: 'South',
      model: 'CTC',
      tls: null,
      metadata: {},
    });
  });

  it('contain what was not there before, such as a password', () => {
    expect(changesOf(before, { password: 'new' })).toEqual({ password: 'new' });
    expect(changesOf(before, { password: undefined })).toEqual({});
  });
});
