import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { Group } from 'react-aria-components';
import { Button } from './button.tsx';

const SayContext = createContext<(text: string) => void>(() => {});
const shownMs = 8000;

/**
 * What was done is said at the bottom of the page, and by screen readers, also after the page has changed. It goes by itself, so that it is
 * in nobody's way, and stays for as long as somebody points at it.
 */
export function Said({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState({ text: '' });
  const [isHeld, setIsHeld] = useState(false);
  useEffect(() => {
    if (said.text === '' || isHeld) return undefined;
    const timer = setTimeout(() => setSaid({ text: '' }), shownMs);
    return () => clearTimeout(timer);
  }, [said, isHeld]);
  return (
    <SayContext value={(text) => setSaid({ text })}>
      {children}
      <Group className={said.text === '' ? 'said said-nothing' : 'said'} role="presentation" onHoverChange={setIsHeld}>
        <span role="status">{said.text}</span>
        {said.text !== '' && (
          <Button
            variant="quiet"
            aria-label="Dismiss"
            onFocusChange={setIsHeld}
            onPress={() => {
              setSaid({ text: '' });
              setIsHeld(false);
            }}
          >
            ×
          </Button>
        )}
      </Group>
    </SayContext>
  );
}

export const useSay = () => useContext(SayContext);
