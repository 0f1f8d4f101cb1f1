import { useSyncExternalStore } from 'react';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  dark.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', listener);
  };
}

function read(): 'light' | 'dark' {
  const { theme } = document.documentElement.dataset;
  return (theme ?? (dark.matches ? 'dark' : 'light')) === 'dark' ? 'dark' : 'light';
}

/** Which colours are shown now, for what CSS does not colour, such as a canvas. */
export function useScheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, read);
}

/** A colour of tokens.css as a canvas needs it. @param element whose theme counts; its own colour is changed for a moment */
export function colourOf(element: HTMLElement, token: string): string {
  const { color } = element.style;
  element.style.color = `var(${token})`;
  const value = getComputedStyle(element).color;
  element.style.color = color;
  return value;
}
