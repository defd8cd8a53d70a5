import type { TokenForm } from './token-form.ts';

/** What every part of the form is given. */
export interface FormProps {
  readonly form: TokenForm;
  readonly change: (changes: Partial<TokenForm>) => void;
  /** Why a field is not accepted, by its name on the wire. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
}
