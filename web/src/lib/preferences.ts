import { useState } from 'react';

/** A choice that the browser remembers. Nothing secret belongs here. */
export function usePreference<Value extends string>(
  name: string,
  values: readonly Value[],
  byDefault: Value,
): [Value, (value: Value) => void] {
  const [value, setValue] = useState(() => values.find((each) => each === read(name)) ?? byDefault);
  const choose = (next: Value): void => {
    setValue(next);
    write(name, next);
  };
  return [value, choose];
}

/** Some of these values, in their order; null: nobody has chosen. */
export function useListPreference(
  name: string,
  values: readonly string[],
): [readonly string[] | null, (value: readonly string[] | null) => void] {
  const [value, setValue] = useState<readonly string[] | null>(() => {
    const stored = read(name);
    return stored === null ? null : values.filter((each) => stored.split(' ').includes(each));
  });
  const choose = (next: readonly string[] | null): void => {
    setValue(next);
    write(name, next?.join(' '));
  };
  return [value, choose];
}

/** Browsers that block storage throw. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`hub.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`hub.${name}`);
    else localStorage.setItem(`hub.${name}`, value);
  } catch {
    // It is then chosen for this page only.
  }
}
