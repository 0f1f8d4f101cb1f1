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

/** Browsers that block storage throw. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`hub.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`hub.${name}`, value);
  } catch {
    // It is then chosen for this page only.
  }
}
