import { Button as AriaButton, type ButtonProps } from 'react-aria-components';

type Variant = 'primary' | 'danger' | 'plain' | 'quiet';

interface OwnProps extends Omit<ButtonProps, 'className' | 'isPending' | 'render'> {
  readonly variant?: Variant;
  /** What it does is under way: pressing it does nothing. It keeps the focus, which a disabled button loses. */
  readonly isBusy?: boolean;
}

/** The one button; `primary` once on a page, `danger` for what cannot be undone. */
export function Button({ variant = 'plain', isBusy = false, ...props }: OwnProps) {
  const className = `button button-${variant}`;
  if (!isBusy) return <AriaButton {...props} className={className} />;
  // Not react-aria's isPending: screen readers would be told the name of the button twice, the second time when it may be gone.
  return (
    <AriaButton
      {...props}
      className={className}
      onPress={() => {}}
      render={(button) => <button {...button} type="button" aria-disabled="true" />}
    />
  );
}
