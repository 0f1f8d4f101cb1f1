import { useState } from 'react';
import type { FocusEvent } from 'react';
import { countMisplaced, inOrderOf } from '../lib/steady-order';

interface Held {
  readonly list: string;
  readonly ids: readonly string[];
}

interface Steady<Row> {
  /** The rows as they are to be shown. */
  readonly rows: readonly Row[];
  /** How many of them have another place by now. */
  readonly misplaced: number;
  /** Shows the present order. */
  readonly release: () => void;
  /** For the element around the list. */
  readonly watch: {
    readonly onPointerEnter: () => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
}

/**
 * Keeps the rows of a list at their places while the pointer or the focus is in it, so that nobody clicks on a row that has just come there.
 * @param list what is listed: another filter, order or page begins anew
 * @param isSelecting also keeps them when the pointer leaves
 */
export function useSteadyRows<Row extends { readonly id: string }>(
  list: string,
  rows: readonly Row[],
  isSelecting = false,
): Steady<Row> {
  const [held, setHeld] = useState<Held | null>(null);
  const shown = held?.list === list ? inOrderOf(held.ids, rows) : rows;
  const hold = (): void => setHeld((old) => (old?.list === list ? old : { list, ids: rows.map(({ id }) => id) }));
  const letGo = (): void => {
    if (!isSelecting) setHeld(null);
  };
  return {
    rows: shown,
    misplaced: countMisplaced(shown, rows),
    release: () => setHeld({ list, ids: rows.map(({ id }) => id) }),
    watch: {
      onPointerEnter: hold,
      onPointerLeave: letGo,
      onFocus: hold,
      onBlur: ({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) letGo();
      },
    },
  };
}
