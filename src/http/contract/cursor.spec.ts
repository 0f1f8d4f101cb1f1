import { decodeCursor, encodeCursor } from './cursor';
import type { ListIdentity } from './cursor';

const list = ['gateways', 'name', undefined, 'pump'];
const id = '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35';
const cursor = { last: { key: 'Springfield north', id }, total: 42, offset: 20 };

const aText = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
const withContent = ({ key = 'a', lastId = id as unknown, total = 42 as unknown, offset = 20 as unknown }) =>
  aText([['gateways'], key, lastId, total, offset]);

describe('a cursor', () => {
  it.each([
    ['a name', cursor],
    ['a name of any letters', { ...cursor, last: { key: 'Zürich 工場 🏭', id } }],
    ['the longest name', { ...cursor, last: { key: 'x'.repeat(255), id } }],
    ['an empty list before it', { ...cursor, total: 0, offset: 0 }],
    ['the largest counts', { ...cursor, total: 2_147_483_647, offset: 2_147_483_647 }],
  ])('is decoded as it was encoded, with %s', (_, written) => {
    const text = encodeCursor(list, written);
    expect(text).toMatch(/^[\w-]+$/);
    expect(decodeCursor(list, text)).toEqual(written);
  });

  it.each<[string, ListIdentity]>([
    ['of another name', ['factories', 'name', undefined, 'pump']],
    ['with another sort', ['gateways', '-name', undefined, 'pump']],
    ['with another filter', ['gateways', 'name', undefined, 'fan']],
    ['with one filter more', ['gateways', 'name', id, 'pump']],
    ['with one filter less', ['gateways', 'name', undefined]],
  ])('does not belong to a list %s', (_, other) => {
    expect(decodeCursor(other, encodeCursor(list, cursor))).toBeNull();
  });

  it('is valid in the form that the next tests alter', () => {
    expect(decodeCursor(['gateways'], withContent({}))).toEqual({ last: { key: 'a', id }, total: 42, offset: 20 });
  });

  it.each([
    ['no base64', '!'],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['JSON of something else', aText({})],
    ['nothing', ''],
    ['a list of other things', aText([['gateways'], 'a', id, 42])],
    ['a name that is too long', withContent({ key: 'x'.repeat(256) })],
    ['a name that cannot be stored', withContent({ key: 'a\0' })],
    ['an id that is no UUID', withContent({ lastId: 'x' })],
    ['a negative total', withContent({ total: -1 })],
    ['a total that is too large', withContent({ total: 2_147_483_648 })],
    ['a total that is no integer', withContent({ total: 0.5 })],
    ['a negative offset', withContent({ offset: -1 })],
    ['an offset that is too large', withContent({ offset: 2_147_483_648 })],
    ['an offset that is no number', withContent({ offset: '20' })],
    ['another spelling of the same content', `${withContent({})}=`],
  ])('is not decoded from %s', (_, text) => {
    expect(decodeCursor(['gateways'], text)).toBeNull();
  });
});
