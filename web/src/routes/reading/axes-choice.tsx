import { AXES } from '../../lib/kinds';
import type { Axis } from '../../lib/kinds';
import { Choices } from '../../parts/choices';
import type { ReadingPart } from './reading-part';

/** The axes of a reading that are drawn. */
export function chosenAxes({ search, vibration }: Pick<ReadingPart, 'search' | 'vibration'>): readonly Axis[] {
  const present = AXES.filter((axis) => vibration.axes[axis]);
  const chosen = present.filter((axis) => search.axis?.includes(axis) ?? true);
  return chosen.length === 0 ? present : chosen;
}

/** Which axes are drawn: at least one. The choice is that of waveform and spectrum. */
export function AxesChoice(part: ReadingPart) {
  const { vibration, onSearch } = part;
  const chosen = chosenAxes(part);
  const present = AXES.filter((axis) => vibration.axes[axis]);
  if (present.length < 2) return null;
  const toggle = (axis: Axis): void => {
    const next = present.filter((each) => chosen.includes(each) !== (each === axis));
    onSearch({ axis: next.length === 0 || next.length === present.length ? undefined : next });
  };
  return (
    <Choices
      label="Axes"
      options={present.map((axis) => [axis, axis.toUpperCase()] as const)}
      chosen={chosen}
      onChoose={toggle}
    />
  );
}
