import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor';
import { connectionPageQuery, pageOf, pageQuery, sortedPageQuery, toListRequest, toPageDto } from './page.dto';
import { RequestInvalidError } from './validation';

const id = '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35';
const list = ['gateways', 'name', 'pump'];
const cursor = encodeCursor(list, { last: { key: 'GW-1', id }, total: 42, offset: 20 });

describe('the query of a list', () => {
  const query = z.strictObject(pageQuery);

  it('has defaults', () => {
    expect(query.parse({})).toEqual({ limit: 20 });
    expect(z.strictObject(connectionPageQuery).parse({})).toEqual({ limit: 20, sort: 'name' });
    expect(z.strictObject(sortedPageQuery).parse({})).toEqual({ limit: 20, sort: 'name' });
  });

  it('is parsed from the text values of a URL', () => {
    const texts = { limit: '100', offset: '2147483647', cursor: 'x', sort: '-updated_at' };
    expect(z.strictObject(sortedPageQuery).parse(texts)).toEqual({ ...texts, limit: 100, offset: 2_147_483_647 });
  });

  it.each([{ limit: '0' }, { limit: '101' }, { limit: '' }, { offset: '-1' }, { offset: '2147483648' }, { page: '2' }])(
    'is refused as %j',
    (texts) => {
      expect(query.safeParse(texts).success).toBe(false);
    },
  );

  it('sorts a list of names by names only', () => {
    expect(z.strictObject(connectionPageQuery).safeParse({ sort: '-name_ci' }).success).toBe(true);
    expect(z.strictObject(connectionPageQuery).safeParse({ sort: 'created_at' }).success).toBe(false);
  });
});

describe('toListRequest', () => {
  it('begins at the offset, or at the start', () => {
    expect(toListRequest('gateways', { limit: 5, sort: 'name' }, ['pump'])).toEqual({
      list,
      limit: 5,
      offset: 0,
      sort: 'name',
    });
    expect(toListRequest('gateways', { limit: 5, offset: 7, sort: 'name' }, [])).toMatchObject({ offset: 7 });
  });

  it('continues after the row that the cursor names', () => {
    expect(toListRequest('gateways', { limit: 5, cursor, sort: 'name' }, ['pump'])).toEqual({
      list,
      limit: 5,
      offset: 20,
      sort: 'name',
      after: { key: 'GW-1', id, total: 42 },
    });
  });

  const refusal = (act: () => unknown) => {
    try {
      return act();
    } catch (error) {
      return error instanceof RequestInvalidError ? error.details : error;
    }
  };

  it.each([0, 7])('refuses a cursor beside an offset of %d', (offset) => {
    expect(refusal(() => toListRequest('gateways', { limit: 5, cursor, offset, sort: 'name' }, ['pump']))).toEqual([
      { path: 'cursor', message: 'must not be combined with offset', code: 'custom' },
    ]);
  });

  it.each(['fan', undefined])('refuses the cursor of a list with another filter than %s', (filter) => {
    expect(refusal(() => toListRequest('gateways', { limit: 5, cursor, sort: 'name' }, [filter]))).toEqual([
      {
        path: 'cursor',
        message: 'must be the next_cursor of a page of this list, with the same sort and filters',
        code: 'custom',
      },
    ]);
  });

  const atTime = (key: string) => () =>
    toListRequest(
      'gateways',
      {
        limit: 5,
        sort: 'created_at',
        cursor: encodeCursor(['gateways', 'created_at'], { last: { key, id }, total: 1, offset: 1 }),
      },
      [],
    );

  it.each(['0', '1770631203120000', '-1000000000000000', '9'.repeat(16)])('accepts %s as a time', (key) => {
    expect(atTime(key)().after).toEqual({ key, id, total: 1 });
  });

  it.each(['', '-', '1.5', '1e3', ' 1', '1 ', 'x1', '1x', '9'.repeat(17), '2026-02-09'])(
    'refuses a cursor with the time %j, which PostgreSQL would not understand',
    (key) => {
      expect(atTime(key)).toThrow(RequestInvalidError);
    },
  );
});

describe('toPageDto', () => {
  const request = { list, limit: 2, offset: 4, sort: 'name' } as const;
  const toDto = (name: string) => ({ name });

  it('gives a page that is not the last the cursor of the next one', () => {
    const page = { items: ['a', 'b'], total: 9, next: { key: 'b', id } };
    const { data, pagination } = toPageDto(page, request, toDto);

    expect(data).toEqual([{ name: 'a' }, { name: 'b' }]);
    const { next_cursor, ...rest } = pagination;
    expect(rest).toEqual({ total: 9, limit: 2, offset: 4, hasNext: true, hasPrev: true });
    expect(decodeCursor(list, next_cursor ?? '')).toEqual({ last: { key: 'b', id }, total: 9, offset: 6 });
    expect(pageOf(z.object({ name: z.string() })).parse({ data, pagination })).toEqual({ data, pagination });
  });

  it('reports no next page after the last one, and no previous page before the first', () => {
    expect(toPageDto({ items: ['a'], total: 1 }, { ...request, offset: 0 }, toDto)).toEqual({
      data: [{ name: 'a' }],
      pagination: { total: 1, limit: 2, offset: 0, hasNext: false, hasPrev: false, next_cursor: null },
    });
  });
});
