import type { ReactNode } from 'react';

/** Something that people should read: `bad` is told at once by screen readers, the others when they come to it. */
export function Notice({
  kind = 'info',
  children,
}: {
  readonly kind?: 'info' | 'warn' | 'bad' | 'good';
  readonly children: ReactNode;
}) {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'note'}>
      {children}
    </div>
  );
}
