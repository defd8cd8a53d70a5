import type { ReactNode } from 'react';
import {
  Checkbox as AriaCheckbox,
  Radio as AriaRadio,
  type CheckboxProps,
  type RadioProps,
} from 'react-aria-components';

type Labelled<P> = Omit<P, 'className' | 'children'> & { readonly children: ReactNode };

export function Checkbox({ children, ...props }: Labelled<CheckboxProps>) {
  return (
    <AriaCheckbox {...props} className="check">
      <span className="box" aria-hidden="true" />
      <span>{children}</span>
    </AriaCheckbox>
  );
}

export function Radio({ children, ...props }: Labelled<RadioProps>) {
  return (
    <AriaRadio {...props} className="radio">
      <span className="box" aria-hidden="true" />
      <span>{children}</span>
    </AriaRadio>
  );
}
