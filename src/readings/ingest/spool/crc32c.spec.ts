import { crc32c } from './crc32c';

describe('crc32c', () => {
  // The examples of RFC 3720, appendix B.4, and the usual check value.
  it.each([
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
    ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });
});
