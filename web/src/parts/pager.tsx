import type { OffsetPagination } from '../../.generated/types.gen';
import { formatCount } from '../lib/format';
import { Button } from './button';
import styles from './pager.module.css';

const PAGE_SIZES = [25, 50, 100] as const;

interface PagerProps {
  readonly pagination: OffsetPagination;
  /** From 1. */
  readonly onPage: (page: number) => void;
  readonly onSize?: (size: number) => void;
}

/** Which rows of how many are shown, and the way to the others. */
export function Pager({ pagination: { total, limit, offset, hasNext, hasPrev }, onPage, onSize }: PagerProps) {
  if (total === 0) return null; // Whatever says that there is nothing is enough.
  const page = Math.floor(offset / limit) + 1;
  const last = Math.min(offset + limit, total);
  return (
    <nav className={styles.pager} aria-label="Pages">
      <span className={styles.count}>
        {formatCount(offset + 1)}–{formatCount(last)} of {formatCount(total)}
      </span>
      {onSize && (
        <label className={styles.size}>
          Rows
          <select value={limit} onChange={({ target }) => onSize(Number(target.value))}>
            {PAGE_SIZES.map((size) => (
              <option key={size}>{size}</option>
            ))}
          </select>
        </label>
      )}
      <span className={styles.steps}>
        <Button icon="left" disabled={!hasPrev} onClick={() => onPage(page - 1)} aria-label="Previous page" />
        <Button icon="right" disabled={!hasNext} onClick={() => onPage(page + 1)} aria-label="Next page" />
      </span>
    </nav>
  );
}
