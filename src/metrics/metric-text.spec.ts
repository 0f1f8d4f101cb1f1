import { labelText, MetricText } from './metric-text';

describe('the text of metrics', () => {
  it('has the help, the type and the samples of each metric', () => {
    const text = new MetricText();
    text.one('a_total', 'counter', 'What a counts', 3);
    text.one('b', 'gauge', 'Unknown now', null);
    text.each('c', 'gauge', 'By state', 'state', [
      ['on', 1],
      ['off', 0.5],
    ]);
    expect(text.toString()).toBe(
      [
        ...['# HELP a_total What a counts', '# TYPE a_total counter', 'a_total 3'],
        ...['# HELP b Unknown now', '# TYPE b gauge'],
        ...['# HELP c By state', '# TYPE c gauge', 'c{state="on"} 1', 'c{state="off"} 0.5', ''],
      ].join('\n'),
    );
  });

  it.each([
    [1e-7, '1e-7'],
    [1e21, '1e+21'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
  ])('writes %p as Prometheus reads it', (value, expected) => {
    const text = new MetricText();
    text.sample('a', '', value);
    expect(text.toString()).toBe(`a ${expected}\n`);
  });

  it('escapes what a label may not contain', () => {
    expect(labelText({ name: 'a "b" \\ c\nd', zone: 'UTC' })).toBe('name="a \\"b\\" \\\\ c\\nd",zone="UTC"');
  });
});
