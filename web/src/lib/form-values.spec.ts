import type { ApiError } from './api-error';
import { linesOrNull, objectOf, textOf, textOfObject, textOrNull, tickedOrNull } from './form-values';

function aForm(values: Record<string, string>): FormData {
  const form = new FormData();
  Object.entries(values).forEach(([name, value]) => form.set(name, value));
  return form;
}

describe('the values of a form', () => {
  it('are texts without the spaces around them, and null for a field that is empty', () => {
    const form = aForm({ name: ' North ', model: '  ' });
    expect([textOf(form, 'name'), textOf(form, 'none'), textOrNull(form, 'model')]).toEqual(['North', '', null]);
  });

  it('are the lines that say something', () => {
    expect(linesOrNull(aForm({ networks: '10.0.0.0/8\n\n fd00::/8,10.1.0.0/16 ' }), 'networks')).toEqual([
      ...['10.0.0.0/8', 'fd00::/8', '10.1.0.0/16'],
    ]);
    expect(linesOrNull(aForm({ networks: '\n' }), 'networks')).toBeNull();
  });

  it('are the boxes that are ticked', () => {
    const form = aForm({ name: 'North' });
    expect(tickedOrNull(form, 'scopes')).toBeNull();
    ['a:read', 'b:read'].forEach((scope) => form.append('scopes', scope));
    expect(tickedOrNull(form, 'scopes')).toEqual(['a:read', 'b:read']);
  });

  it('are an object, which is written as it was read', () => {
    const rack = { rack: 'B4', row: { number: 2 } };
    expect(objectOf(aForm({ metadata: textOfObject(rack) }), 'metadata')).toEqual(rack);
    expect(objectOf(aForm({ metadata: textOfObject({}) }), 'metadata')).toEqual({});
  });

  it.each(['{', '[1]', '"text"', 'null'])('are no object if they are %s, and the error names the field', (text) => {
    expect(() => objectOf(aForm({ metadata: text }), 'metadata')).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ path: 'metadata' })] }) as ApiError,
    );
  });
});
