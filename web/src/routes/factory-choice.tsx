import { useState } from 'react';
import { useFactoriesOf, useFactorySearch } from '../lib/factories';
import { Combobox } from '../parts/combobox';
import type { Option } from '../parts/combobox';
import { Field } from '../parts/field';
import { useProblem } from '../parts/form';

interface FactoryFilterProps {
  readonly value: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

/** Limits a list to one factory. */
export function FactoryFilter({ value, onChoose }: FactoryFilterProps) {
  const [text, search] = useState<string | null>(null);
  const known = useFactoriesOf(value === undefined ? [] : [value]);
  const chosen = value === undefined ? undefined : { id: value, name: known.get(value)?.name ?? '…' };
  return (
    <Combobox
      field={{ 'aria-label': 'Factory' }}
      none="Every factory"
      placeholder="Every factory"
      chosen={chosen}
      options={useFactorySearch(text)}
      onSearch={search}
      onChoose={(option) => onChoose(option?.id)}
    />
  );
}

/** The factory of a gateway, as a field of a form. @param value the present one; undefined: the only one, if there is only one */
export function FactoryField({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  const [text, search] = useState<string | null>(null);
  const [choice, choose] = useState<Option | undefined>();
  const known = useFactoriesOf(value === undefined ? [] : [value]);
  const first = useFactorySearch(value === undefined ? '' : null);
  const onlyOne = first?.length === 1 ? first[0] : undefined;
  const given = value === undefined ? onlyOne : { id: value, name: known.get(value)?.name ?? '…' };
  const chosen = choice ?? given;
  const options = useFactorySearch(text);
  return (
    <Field label="Factory" problem={useProblem(name)}>
      {(attributes) => (
        <>
          <Combobox
            field={attributes}
            placeholder="Choose a factory"
            chosen={chosen}
            options={options}
            onSearch={search}
            onChoose={choose}
          />
          <input type="hidden" name={name} value={chosen?.id ?? ''} />
        </>
      )}
    </Field>
  );
}
