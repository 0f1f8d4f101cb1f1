import { batchOf, frameOf } from './frames';

describe('a frame', () => {
  it.each([
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('of %d bytes has the header of RFC 6455', (length, header) => {
    const frame = frameOf('x'.repeat(length));

    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.length).toBe(header.length + length);
  });

  it.each([
    ['small', 'NOT_DYN_TEMP'],
    ['large', 'NOT_DYN_READING'],
  ] as const)('in a %s batch is a %s', (kind, type) => expect(batchOf(kind).toString()).toContain(`{"Type":"${type}"`));
});
