import { useId } from 'react';
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
  return (
    <div>
      <TextField {...rest} list={id} defaultValue={value ?? ''} placeholder="Europe/Madrid" maxLength={100} />
      <datalist id={id}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </div>
  );
}
