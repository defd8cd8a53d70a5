import { useState } from 'react';
import { Button } from './button.tsx';

type State = 'idle' | 'copied' | 'failed';

/** A value to take along, with a button that copies it. */
export function CopyField({
  label,
  value,
  onCopied,
}: {
  readonly label: string;
  readonly value: string;
  readonly onCopied?: () => void;
}) {
  const [state, setState] = useState<State>('idle');
  const copy = async () => {
    const hasCopied = await navigator.clipboard.writeText(value).then(
      () => true,
      () => false,
    );
    setState(hasCopied ? 'copied' : 'failed');
    if (hasCopied) onCopied?.();
  };
  return (
    <div className="copy-field">
      <span className="label">{label}</span>
      <div className="copy-row">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and people select it by keyboard */}
        <code tabIndex={0} onCopy={onCopied}>
          {value}
        </code>
        <Button aria-label={`Copy ${label}`} onPress={() => void copy()}>
          {state === 'copied' ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <span role="status" className={state === 'failed' ? 'error' : 'visually-hidden'}>
        {state === 'copied' && `${label} copied.`}
        {state === 'failed' && 'It could not be copied. Select it and copy it yourself.'}
      </span>
    </div>
  );
}
