import { StatementNames } from './statement-names';

const texts = (count: number, prefix = 'SELECT') => Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

describe('StatementNames', () => {
  it('names a statement when it comes again, always the same', () => {
    const names = new StatementNames();
    expect(names.of('SELECT 1')).toBeUndefined();
    const name = names.of('SELECT 1');
    expect(name).toMatch(/^.{1,63}$/); // Longer ones are cut by PostgreSQL.
    expect(names.of('SELECT 1')).toBe(name);
    expect(new StatementNames().of('SELECT 1')).toBeUndefined();
  });

  it('gives other statements other names, and the same in every process', () => {
    const [one, other] = [new StatementNames(), new StatementNames()];
    const namesOf = (names: StatementNames) => texts(50).map((sql) => [names.of(sql), names.of(sql)][1]);
    expect(new Set(namesOf(one)).size).toBe(50);
    expect(namesOf(other)).toEqual(namesOf(one));
  });

  it('names two hundred statements, and none of those that never come again', () => {
    const names = new StatementNames();
    for (const sql of texts(10_000, 'SELECT once')) expect(names.of(sql)).toBeUndefined();
    for (const sql of texts(200)) expect([names.of(sql), names.of(sql)]).toEqual([undefined, expect.any(String)]);
    expect([names.of('SELECT more'), names.of('SELECT more')]).toEqual([undefined, undefined]);
    expect(names.of('SELECT 0')).toEqual(expect.any(String));
  });
});
