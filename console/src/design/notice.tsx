import { type ReactNode, useEffect, useRef } from 'react';

/**
 * Something that people should read: `bad` is told at once by screen readers, the others when they come to it.
 * @param takesFocus for what a person has to deal with next, where that is not beside what they pressed
 */
export function Notice({
  kind = 'info',
  takesFocus = false,
  children,
}: {
  readonly kind?: 'info' | 'warn' | 'bad' | 'good';
  readonly takesFocus?: boolean;
  readonly children: ReactNode;
}) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) element.current?.focus();
  }, [takesFocus]);
  return (
    <div
      ref={element}
      className={`notice notice-${kind}`}
      role={kind === 'bad' ? 'alert' : 'note'}
      tabIndex={takesFocus ? -1 : undefined}
    >
      {children}
    </div>
  );
}
