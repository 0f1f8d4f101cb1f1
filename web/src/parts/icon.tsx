import type { ReactElement } from 'react';

/** Drawn on a grid of 16 by 16, in the colour of the text. */
const DRAWINGS = {
  overview: <path d="M2 2.5h5v5H2zM9 2.5h5v3H9zM9 8h5v5.5H9zM2 10h5v3.5H2z" />,
  gateways: (
    <path d="M2 9.5h12v4H2zM4.5 11.5h.01M7 11.5h4.5M8 9.5v-3M5.2 4.8a4 4 0 0 1 5.6 0M3.3 2.9a6.6 6.6 0 0 1 9.4 0" />
  ),
  factories: <path d="M2 13.5v-6l4 2.5v-2.5l4 2.5V2.5h3.5v11zM5 13.5v-1.5M8 13.5v-1.5" />,
  sensors: <path d="M1.5 8h2.8l2-4.5 3.2 9 2-4.5h3" />,
  readings: <path d="M2 2v12h12M4.5 10.5 7 7.5l2.5 1.8L13.5 4" />,
  organizations: <path d="M3 13.5v-11h6v11M9 6.5h4v7M1.5 13.5h13M5.3 5.5h1.4M5.3 8h1.4M5.3 10.5h1.4" />,
  keys: (
    <path d="M9.8 6.2a3.3 3.3 0 1 0-2.3 3.1l1 1h1.6v1.6h1.6v1.6h2.5v-2.2L9.6 7.5a3.3 3.3 0 0 0 .2-1.3M5.8 5.7h.01" />
  ),
  audit: <path d="M3 2h10v12H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3" />,
  about: <path d="M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 7.5v3.5M8 5v.1" />,
  search: <path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.4 3.4" />,
  menu: <path d="M2 4h12M2 8h12M2 12h12" />,
  close: <path d="m3.5 3.5 9 9M12.5 3.5l-9 9" />,
  sun: (
    <path d="M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3" />
  ),
  moon: <path d="M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3" />,
  auto: <path d="M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2v12M8 4.5a3.5 3.5 0 0 1 0 7M8 7h3M8 9.5h2.8" />,
  leave: <path d="M6.5 2.5h-4v11h4M6.5 8h7.5M11 5l3 3-3 3" />,
  up: <path d="m4 10 4-4 4 4" />,
  down: <path d="m4 6 4 4 4-4" />,
  left: <path d="m10 3.5-4.5 4.5 4.5 4.5" />,
  right: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  plus: <path d="M8 2.5v11M2.5 8h11" />,
  check: <path d="m3 8.5 3.3 3.3L13 4.5" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  warning: <path d="M8 2 14.5 13.5h-13zM8 6.5v3.3M8 11.7v.1" />,
  refresh: <path d="M13.5 3v3.5H10M13.2 6.3a5.5 5.5 0 1 0 .2 3" />,
  copy: <path d="M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3" />,
  download: <path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11" />,
  temperature: <path d="M6.5 9.3V3a1.5 1.5 0 0 1 3 0v6.3a3 3 0 1 1-3 0M8 6v5.5" />,
  clock: <path d="M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 4.5V8l2.5 1.5" />,
  pin: <path d="M5.5 2h5M6.3 2v4.2L4 9h8L9.7 6.2V2M8 9v5" />,
  question: <path d="M5.5 5.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4M8 12v.1" />,
  pulse: <path d="M1.5 8h3L6 4.5 9 12l2-4h3.5" />,
  battery: <path d="M1.5 5h11v6h-11zM14.5 7v2" />,
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof DRAWINGS;

/** A picture beside a word, which screen readers skip. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {DRAWINGS[name]}
    </svg>
  );
}
