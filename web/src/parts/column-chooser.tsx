import { useState } from 'react';
import { Button } from './button';
import styles from './check-group.module.css';
import type { Column } from './data-table';
import { Dialog } from './dialog';
import { FormActions } from './form';

/** The ids of the columns that somebody wants to see; null: those there is room for. */
export type ShownColumns = readonly string[] | null;

/** The columns of a table after somebody's choice. What was chosen is shown however narrow the window is. */
export function chosenColumns<Row>(columns: readonly Column<Row>[], shown: ShownColumns): readonly Column<Row>[] {
  if (shown === null) return columns;
  return columns
    .filter(({ id, isTitle }) => isTitle === true || shown.includes(id))
    .map((column) => ({ ...column, from: undefined }));
}

interface ColumnChooserProps {
  readonly columns: readonly Pick<Column<never>, 'id' | 'head' | 'from' | 'isTitle'>[];
  readonly shown: ShownColumns;
  readonly onChoose: (shown: ShownColumns) => void;
}

/** A button that asks which columns a table has. */
export function ColumnChooser({ columns, shown, onChoose }: ColumnChooserProps) {
  const [isOpen, setOpen] = useState(false);
  const present = shown ?? columns.filter(({ from = 0 }) => window.innerWidth > from).map(({ id }) => id);
  const toggle = (id: string): void =>
    onChoose(columns.map((column) => column.id).filter((each) => (each === id) !== present.includes(each)));
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Columns
      </Button>
      {isOpen && (
        <Dialog title="Columns" onClose={() => setOpen(false)}>
          <div className={styles.options}>
            {columns.map(({ id, head, isTitle = false }) => (
              <label key={id}>
                <input
                  type="checkbox"
                  checked={isTitle || present.includes(id)}
                  disabled={isTitle}
                  onChange={() => toggle(id)}
                />{' '}
                {head}
              </label>
            ))}
          </div>
          <FormActions>
            <Button onClick={() => setOpen(false)}>Close</Button>
            <Button look="quiet" disabled={shown === null} onClick={() => onChoose(null)}>
              As there is room
            </Button>
          </FormActions>
        </Dialog>
      )}
    </>
  );
}
