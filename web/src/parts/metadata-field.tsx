import { textOfObject } from '../lib/form-values';
import { LongTextField } from './form';

interface MetadataFieldProps {
  /** What is stored; undefined for a new resource. */
  readonly value: Record<string, unknown> | undefined;
}

/** The `metadata` of a resource, as JSON. */
export function MetadataField({ value = {} }: MetadataFieldProps) {
  return (
    <LongTextField
      name="metadata"
      label="Metadata"
      hint="A JSON object, stored and not read by the service"
      value={textOfObject(value)}
      placeholder='{"rack": "B4"}'
    />
  );
}
