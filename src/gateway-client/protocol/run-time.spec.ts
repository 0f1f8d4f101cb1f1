import { withTimeLimit } from '../../../test/unit-support/time-limit';
import { decode } from './codec';
import { hasEncoded, readings } from './spellings';

/** So large that a search of the rest at every byte would take hours. */
const FILLER_BYTES = 4 * 1024 * 1024;

// In a spec of its own: these tests take long, and mutation tests repeat those beside them for every mutant.
describe('the run time of the protocol', () => {
  it.each(['[', '{},', '""', '\\"', 'NaN,', 'N', '-', '{"a":', '{"Type":NaN,"', '\u0000'])(
    'SEC-20: is linear in the size of a frame of repeated %j, at the start and behind a key',
    (piece) => {
      const filler = piece.repeat(FILLER_BYTES / piece.length);
      withTimeLimit(() => {
        for (const before of ['', '{"Data":[', '{"Type":"RTN_ERR","Data":[']) {
          expect(decode(Buffer.from(before + filler), Infinity)).toBeNull();
        }
      });
    },
  );

  it.each(['%', '%4', '%41', '&', '&#', '&#x41;', '\\', '\\x41', '\\u0041', '=', 'QUJD', '41', '%2525'])(
    'is linear in the size of a text that is searched for a secret: %j',
    (piece) => {
      withTimeLimit(() => {
        const found = readings(piece.repeat(1_000_000));
        expect(found.some((reading) => hasEncoded(reading, 'Cörrect h0rse<&>"!'))).toBe(false);
      });
    },
  );
});
