import { useState } from 'react';
import { Button } from './button';

interface CopyButtonProps {
  readonly text: string;
  /** What the button says until it was pressed. */
  readonly label: string;
}

/** Copies a text. It is not there without a clipboard: only HTTPS and this machine have one. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  if (!clipboard) return null;
  return (
    <Button icon="copy" onClick={() => void clipboard.writeText(text).then(() => setCopied(true))}>
      {isCopied ? 'Copied' : label}
    </Button>
  );
}
