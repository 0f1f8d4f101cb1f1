import { useId, useState } from 'react';
import { TextField } from './form';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')];

interface ZoneFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string | null | undefined;
  readonly required?: boolean;
}

/** A time zone: typed, with the ones that the browser knows to choose from. */
export function ZoneField({ value, ...rest }: ZoneFieldProps) {
  const id = useId();
  // Hundreds of elements, which a page needs only when somebody is about to choose.
  const [isOffered, setOffered] = useState(false);
  return (
    <div>
      <TextField
        {...rest}
        list={id}
        defaultValue={value ?? ''}
        placeholder="Europe/Madrid"
        maxLength={100}
        onFocus={() => setOffered(true)}
      />
      <datalist id={id}>{isOffered && ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </div>
  );
}
