import { types } from 'pg';
import { parseTimestamp } from './timestamp';

const parseAny = types.getTypeParser(types.builtins.TIMESTAMPTZ, 'text') as typeof parseTimestamp;

describe('a timestamp of the database', () => {
  it.each([
    '2026-02-09 10:00:03+00',
    '2026-02-09 10:00:03.1+00',
    '2026-02-09 10:00:03.12+00',
    '2026-02-09 10:00:03.123+00',
    '2024-02-29 23:59:59.000001+00',
    '0099-12-31 00:00:00+00',
    '0100-01-01 00:00:00+00',
    '2026-02-09 10:00:03.123999+00',
    '1969-12-31 23:59:59.999999+00',
    '0001-01-01 00:00:00+00',
    '9999-12-31 23:59:59.999999+00',
    '10000-01-01 00:00:00+00',
    '0044-03-15 12:00:00+00 BC',
    '2026-02-09 11:00:03+01',
    '2026-02-09 15:30:03.5+05:30',
    'infinity',
    '-infinity',
  ])('%s is read as the driver reads it', (text) => {
    expect(parseTimestamp(text)).toEqual(parseAny(text));
    expect(parseTimestamp(text)).not.toBeNaN();
  });
});
