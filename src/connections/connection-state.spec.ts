import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CONNECTION_STATES, REASON_CODES, STEPS } from './connection-state';

describe('docs/operations.md', () => {
  const text = readFileSync(resolve(__dirname, '../../docs/operations.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));

  it.each([...CONNECTION_STATES])('says what to do about the state %s', (state) => {
    expect(rows.filter((row) => row.startsWith(`| \`${state}\` `))).toHaveLength(1);
  });

  it.each([...REASON_CODES])('says what to do about the reason %s', (code) => {
    expect(rows.filter((row) => row.includes(`| \`${code}\` `)).length).toBeGreaterThan(0);
  });

  it.each([...STEPS])('has the reasons of the step %s', (step) => {
    expect(rows.filter((row) => row.startsWith(`| \`${step}\` `)).length).toBeGreaterThan(0);
  });
});
