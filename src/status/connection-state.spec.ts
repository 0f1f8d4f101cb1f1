import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { REASON_CODES, STEPS } from '../gateway-client/failure/failure';
import { STATUS_STATES } from './connection-state';

describe('docs/operations.md', () => {
  const text = readFileSync(resolve(__dirname, '../../docs/operations.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));

  it.each([...STATUS_STATES])('says what to do about the state %s', (state) => {
    expect(rows.filter((row) => row.startsWith(`| \`${state}\` `))).toHaveLength(1);
  });

  it.each([...REASON_CODES])('says what to do about the reason %s', (code) => {
    expect(rows.filter((row) => row.includes(`| \`${code}\` `)).length).toBeGreaterThan(0);
  });

  it.each([...STEPS])('lists the reasons of the step %s', (step) => {
    expect(rows.filter((row) => row.startsWith(`| \`${step}\` `)).length).toBeGreaterThan(0);
  });

  it('names only log lines that exist', () => {
    const source = readdirSync(resolve(__dirname, '..'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
      .map((path) => readFileSync(resolve(__dirname, '..', path), 'utf8'))
      .join();
    const lines = [...text.slice(text.indexOf('## The log')).matchAll(/^\| `(?:… )?([^`]+)`/gm)].map(
      ([, line]) => line,
    );
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !source.includes(line ?? ''))).toEqual([]);
  });
});
