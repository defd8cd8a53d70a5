import type { ReactNode } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField } from 'react-aria-components';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly description?: ReactNode;
  /** Why it is not accepted. */
  readonly errors?: readonly string[] | undefined;
  readonly isRequired?: boolean;
  readonly autoFocus?: boolean;
  readonly rows?: number;
}

/** A text with its label, what to know of it, and what is wrong with it. */
export function Field({ label, errors = [], description, placeholder = '', rows, ...props }: FieldProps) {
  return (
    <TextField {...props} isInvalid={errors.length > 0} validationBehavior="aria" className="field">
      <Label className="label">
        {label}
        {props.isRequired && <Required />}
      </Label>
      {rows === undefined ? (
        <Input className="input" placeholder={placeholder} autoComplete="off" spellCheck={false} dir="auto" />
      ) : (
        <TextArea className="input" placeholder={placeholder} rows={rows} dir="auto" />
      )}
      {description && (
        <Text slot="description" className="hint">
          {description}
        </Text>
      )}
      <FieldError className="error">{errors.join(' ')}</FieldError>
    </TextField>
  );
}

export function Required() {
  return (
    <span className="required" aria-hidden="true">
      {' '}
      (required)
    </span>
  );
}
