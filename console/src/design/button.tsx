import { Button as AriaButton, type ButtonProps } from 'react-aria-components';

type Variant = 'primary' | 'danger' | 'plain' | 'quiet';

/** The one button; `primary` once on a page, `danger` for what cannot be undone. */
export function Button({
  variant = 'plain',
  ...props
}: Omit<ButtonProps, 'className'> & { readonly variant?: Variant }) {
  return <AriaButton {...props} className={`button button-${variant}`} />;
}
