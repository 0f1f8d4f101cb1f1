import { memo } from 'react';
import type { ReactNode } from 'react';
import styles from './data-table.module.css';
import { Icon } from './icon';

/** A column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the service sorts by, if it can: `since`. */
  readonly sort?: string | undefined;
  /** Default `start`; numbers stand at the `end`. */
  readonly align?: 'start' | 'end' | undefined;
  /** Hidden below this width of the window in pixels. On a phone, where rows are cards, it decides as well. */
  readonly from?: 1100 | 1300 | undefined;
  /** The heading of the row: one column has it, the name of what the row is about. */
  readonly isTitle?: boolean | undefined;
  /** On a phone it stands beside the heading, without its name: a state chip. */
  readonly isBadge?: boolean | undefined;
}

interface DataTableProps<Row> {
  /** What the table lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** As the API takes it, `-` first for descending. */
  readonly sort?: string | undefined;
  readonly onSort?: ((sort: string) => void) | undefined;
  /** Without it, rows cannot be selected. */
  readonly selection?: RowSelection<Row> | undefined;
}

interface RowSelection<Row> {
  /** The selected rows with their names, by id: those of other pages too. */
  readonly chosen: ReadonlyMap<string, string>;
  readonly nameOf: (row: Row) => string;
  readonly onChange: (chosen: ReadonlyMap<string, string>) => void;
}

/** A table whose rows become cards on a phone. Rows are keyed by id, so that a change never moves the focus to another row. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, keyOf, selection } = props;
  return (
    <div className={styles.scroller}>
      <table className={styles.table} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {selection && <SelectAll rows={rows} keyOf={keyOf} selection={selection} />}
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <TableRow key={keyOf(row)} id={keyOf(row)} row={row} columns={columns} selection={selection} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TableRowProps<Row> extends Pick<DataTableProps<Row>, 'columns' | 'selection'> {
  readonly id: string;
  readonly row: Row;
}

/** Drawn again only if the row itself has changed: of a page, few rows move at a time. */
const TableRow = memo(function TableRow<Row>({ id, row, columns, selection }: TableRowProps<Row>) {
  return (
    <tr role="row" data-id={id} data-selected={selection?.chosen.has(id) === true ? true : undefined}>
      {selection && <SelectOne id={id} name={selection.nameOf(row)} selection={selection} />}
      {columns.map((column) => (
        <Cell key={column.id} column={column} row={row} />
      ))}
    </tr>
  );
}) as <Row>(props: TableRowProps<Row>) => ReactNode;

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const looks = { 'data-align': column.align, 'data-from': column.from, className: styles.cell };
  if (column.isTitle) {
    return (
      <th {...looks} scope="row" role="rowheader" data-title="">
        {column.cell(row)}
      </th>
    );
  }
  return (
    <td {...looks} role="cell" data-label={column.head} data-badge={column.isBadge ? '' : undefined}>
      {column.cell(row)}
    </td>
  );
}

interface HeadProps<Row> extends Pick<DataTableProps<Row>, 'sort' | 'onSort'> {
  readonly column: Column<Row>;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { head, align, from } = column;
  const direction = sort === column.sort ? 'ascending' : sort === `-${column.sort}` ? 'descending' : undefined;
  const isSortable = column.sort !== undefined && onSort !== undefined;
  return (
    <th
      scope="col"
      role="columnheader"
      data-align={align}
      data-from={from}
      aria-sort={isSortable ? direction : undefined}
    >
      {isSortable ? (
        <button
          type="button"
          className={styles.sorter}
          onClick={() => onSort(direction === 'ascending' ? `-${column.sort}` : (column.sort ?? ''))}
        >
          {head}
          <span className={styles.arrow} data-shown={direction !== undefined || undefined}>
            <Icon name={direction === 'descending' ? 'down' : 'up'} size={12} />
          </span>
        </button>
      ) : (
        head
      )}
    </th>
  );
}

interface SelectAllProps<Row> extends Pick<DataTableProps<Row>, 'rows' | 'keyOf'> {
  readonly selection: RowSelection<Row>;
}

function SelectAll<Row>({ rows, keyOf, selection }: SelectAllProps<Row>) {
  const { chosen, nameOf, onChange } = selection;
  const count = rows.filter((row) => chosen.has(keyOf(row))).length;
  const isAll = count > 0 && count === rows.length;
  const toggle = (): void => {
    const next = new Map(chosen);
    for (const row of rows) {
      if (isAll) next.delete(keyOf(row));
      else next.set(keyOf(row), nameOf(row));
    }
    onChange(next);
  };
  return (
    <th scope="col" role="columnheader" className={styles.check}>
      <input
        type="checkbox"
        aria-label="Select all rows of this page"
        checked={isAll}
        ref={(box) => {
          if (box) box.indeterminate = count > 0 && !isAll;
        }}
        onChange={toggle}
      />
    </th>
  );
}

interface SelectOneProps<Row> {
  readonly id: string;
  readonly name: string;
  readonly selection: RowSelection<Row>;
}

function SelectOne<Row>({ id, name, selection: { chosen, onChange } }: SelectOneProps<Row>) {
  const toggle = (): void => {
    const next = new Map(chosen);
    if (!next.delete(id)) next.set(id, name);
    onChange(next);
  };
  return (
    <td role="cell" className={styles.check}>
      <input type="checkbox" aria-label={`Select ${name}`} checked={chosen.has(id)} onChange={toggle} />
    </td>
  );
}
