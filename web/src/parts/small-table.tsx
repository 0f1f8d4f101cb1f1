import type { ReactNode } from 'react';
import styles from './small-table.module.css';

interface SmallTableProps {
  /** What the table lists, for screen readers. */
  readonly label: string;
  readonly heads: readonly string[];
  /** The first cell is the heading of its row. */
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}

/** A table of a few narrow columns of figures: it stays one on a phone. */
export function SmallTable({ label, heads, rows }: SmallTableProps) {
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells: [title, ...cells] }) => (
          <tr key={key}>
            <th scope="row">{title}</th>
            {cells.map((cell, index) => (
              <td key={heads[index + 1]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
