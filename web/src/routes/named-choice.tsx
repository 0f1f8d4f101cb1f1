import { useState } from 'react';
import { Combobox } from '../parts/combobox';
import type { Option } from '../parts/combobox';
import { Field } from '../parts/field';
import { useProblem } from '../parts/form';

/** Things with names, of which there are more than a list can show. The functions are hooks. */
export interface NamedSource {
  /** What one of them is called: `Factory`. */
  readonly label: string;
  /** Those whose names contain a text; undefined while they are not known, or if nobody looks for one (null). */
  readonly useSearch: (text: string | null) => readonly Option[] | undefined;
  /** Those with these ids, as far as they are known. */
  readonly useNames: (ids: readonly string[]) => ReadonlyMap<string, Option>;
}

interface NamedFilterProps {
  readonly source: NamedSource;
  /** What stands for no limit: `Every factory`. */
  readonly none: string;
  readonly value: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

/** Limits a list to what belongs to one of them. */
export function NamedFilter({ source: { label, useSearch, useNames }, none, value, onChoose }: NamedFilterProps) {
  const [text, search] = useState<string | null>(null);
  const names = useNames(value === undefined ? [] : [value]);
  return (
    <Combobox
      field={{ 'aria-label': label }}
      none={none}
      placeholder={none}
      chosen={value === undefined ? undefined : optionOf(value, names)}
      options={useSearch(text)}
      onSearch={search}
      onChoose={(option) => onChoose(option?.id)}
    />
  );
}

interface NamedFieldProps {
  readonly source: NamedSource;
  /** As the API calls the field. */
  readonly name: string;
  /** The present one. */
  readonly value: string | undefined;
  readonly placeholder: string;
  /** What stands for no choice. Without it one must be chosen, and the only one there is, is. */
  readonly none?: string | undefined;
  /** For what depends on the choice. */
  readonly onChoose?: (id: string | undefined) => void;
}

/** One of them as a field of a form, which has its id; empty without a choice. */
export function NamedField({ source, name, value, placeholder, none, onChoose }: NamedFieldProps) {
  const { label, useSearch, useNames } = source;
  const [text, search] = useState<string | null>(null);
  const [choice, choose] = useState<{ readonly option: Option | undefined } | null>(null);
  const names = useNames(value === undefined ? [] : [value]);
  const first = useSearch(value === undefined && none === undefined ? '' : null);
  const given = value === undefined ? onlyOneOf(first) : optionOf(value, names);
  const chosen = choice ? choice.option : given;
  const options = useSearch(text);
  return (
    <Field label={label} problem={useProblem(name)}>
      {(attributes) => (
        <>
          <Combobox
            field={attributes}
            placeholder={placeholder}
            none={none}
            chosen={chosen}
            options={options}
            onSearch={search}
            onChoose={(option) => {
              choose({ option });
              onChoose?.(option?.id);
            }}
          />
          <input type="hidden" name={name} value={chosen?.id ?? ''} />
        </>
      )}
    </Field>
  );
}

function optionOf(id: string, names: ReadonlyMap<string, Option>): Option {
  return { id, name: names.get(id)?.name ?? '…' };
}

function onlyOneOf(options: readonly Option[] | undefined): Option | undefined {
  return options?.length === 1 ? options[0] : undefined;
}
