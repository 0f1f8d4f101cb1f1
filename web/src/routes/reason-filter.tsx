import { ADVICE, OWNERS, REASON_CODES } from '../lib/advice';
import type { Owner, ReasonCode } from '../lib/advice';

const BY_OWNER = (Object.keys(OWNERS) as Owner[]).map((owner) => ({
  owner,
  codes: REASON_CODES.filter((code) => ADVICE[code].owner === owner),
}));

interface ReasonFilterProps {
  readonly value: readonly ReasonCode[] | undefined;
  readonly onChoose: (codes: ReasonCode[] | undefined) => void;
}

/** Limits a list to a reason, one at a time; a link may have several. */
export function ReasonFilter({ value = [], onChoose }: ReasonFilterProps) {
  const several = value.length > 1;
  const choose = (text: string): void => {
    const codes = REASON_CODES.filter((code) => code === text);
    onChoose(codes.length === 0 ? undefined : codes);
  };
  return (
    <select
      aria-label="Reason"
      value={several ? 'several' : (value[0] ?? '')}
      onChange={({ target }) => choose(target.value)}
    >
      <option value="">Any reason</option>
      {several && <option value="several">{value.length} reasons</option>}
      {BY_OWNER.map(({ owner, codes }) => (
        <optgroup key={owner} label={OWNERS[owner]}>
          {codes.map((code) => (
            <option key={code} value={code}>
              {ADVICE[code].label}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
