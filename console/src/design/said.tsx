import { createContext, type ReactNode, useContext, useState } from 'react';
import { Button } from './button.tsx';

const SayContext = createContext<(text: string) => void>(() => {});

/** What was done is said at the bottom of the page, and by screen readers, also after the page has changed. */
export function Said({ children }: { readonly children: ReactNode }) {
  const [text, say] = useState('');
  return (
    <SayContext value={say}>
      {children}
      <div className={text === '' ? 'said said-nothing' : 'said'}>
        <span role="status">{text}</span>
        {text !== '' && (
          <Button variant="quiet" aria-label="Dismiss" onPress={() => say('')}>
            ×
          </Button>
        )}
      </div>
    </SayContext>
  );
}

export const useSay = () => useContext(SayContext);
