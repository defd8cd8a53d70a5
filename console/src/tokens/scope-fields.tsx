import { useState } from 'react';
import { CheckboxGroup, FieldError, Label, RadioGroup } from 'react-aria-components';
import { errorsIn } from '../api/problem.ts';
import { useBranches } from '../api/stacks.ts';
import { Checkbox, Radio } from '../design/choice.tsx';
import { Field, Required } from '../design/field.tsx';
import type { FormProps } from './form-props.ts';
import type { Access } from './token-form.ts';

/** Branches and aliases. */
export function ScopeSection({ stack, form, change, errors }: FormProps & { readonly stack: string }) {
  const wrong = errorsIn(errors, 'scope');
  return (
    <section className="section" aria-labelledby="scope-title">
      <h2 id="scope-title">Scope</h2>
      <RadioGroup
        value={form.allBranches ? 'all' : 'specific'}
        onChange={(chosen) => change({ allBranches: chosen === 'all' })}
      >
        <Label className="label">Branches</Label>
        <Radio value="all">All Branches</Radio>
        <Radio value="specific">Specific Branch(es)</Radio>
      </RadioGroup>
      {!form.allBranches && <Places stack={stack} form={form} change={change} />}
      {wrong.length > 0 && <p className="error">{wrong.join(' ')}</p>}
    </section>
  );
}

function Places({ stack, form, change }: Omit<FormProps, 'errors'> & { readonly stack: string }) {
  const { data, isError } = useBranches(stack);
  const branches = [...new Set([...(data?.branches ?? []), ...form.branches])];
  const aliases = new Map(data?.aliases.map(({ alias, uid: branch }) => [alias, branch]));
  const allAliases = [...new Set([...aliases.keys(), ...form.aliases])];
  return (
    <div className="inset">
      {isError ? (
        <TypedNames label="Branches" names={form.branches} onChange={(names) => change({ branches: names })} />
      ) : (
        <CheckboxGroup value={[...form.branches]} onChange={(names) => change({ branches: names })}>
          <Label className="visually-hidden">Specific Branch(es)</Label>
          <div className="names">
            {branches.map((name) => (
              <Checkbox key={name} value={name}>
                {name}
              </Checkbox>
            ))}
          </div>
        </CheckboxGroup>
      )}
      {allAliases.length > 0 && (
        <CheckboxGroup value={[...form.aliases]} onChange={(names) => change({ aliases: names })}>
          <Label className="label">Aliases</Label>
          <div className="names">
            {allAliases.map((name) => (
              <Checkbox key={name} value={name}>
                {name}
                {aliases.has(name) && <span className="hint">now {aliases.get(name)}</span>}
              </Checkbox>
            ))}
          </div>
        </CheckboxGroup>
      )}
    </div>
  );
}

/** Where the names that there are cannot be read, they can be typed. */
function TypedNames({
  label,
  names,
  onChange,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly onChange: (names: readonly string[]) => void;
}) {
  // As it was typed: a comma that no name follows yet stays.
  const [text, setText] = useState(names.join(', '));
  const write = (typed: string) => {
    setText(typed);
    onChange(typed.split(/[\s,]+/).filter((name) => name !== ''));
  };
  return (
    <Field
      label={label}
      value={text}
      onChange={write}
      description="The stack’s branches could not be read. Type their names, separated by commas."
    />
  );
}

/** Read and Write, of everything or of the modules that the token names. */
export function PermissionsSection({ form: { accesses }, change, errors }: FormProps) {
  const every = (kind: 'read' | 'write') => accesses.length > 0 && accesses.every((access) => access[kind]);
  const some = (kind: 'read' | 'write') => accesses.some((access) => access[kind]);
  const set = (next: (access: Access) => Access) => change({ accesses: accesses.map(next) });
  const modules = accesses.map(({ module }) => module).filter((module) => module !== '$all');
  const chosen = (['read', 'write'] as const).filter(every);
  return (
    <section className="section">
      <CheckboxGroup value={[...chosen]} isInvalid={errors.permissions !== undefined} validationBehavior="aria">
        <Label className="section-title">
          Permissions
          <Required />
        </Label>
        <p className="hint">
          Assign Read/Write permissions to this token.
          {modules.length > 0 && ` They are for ${modules.join(', ')} only; which modules, is set by the API.`}
        </p>
        <Checkbox
          value="read"
          isIndeterminate={some('read') && !every('read')}
          onChange={(isOn) => set((access) => ({ ...access, read: isOn, write: isOn && access.write }))}
        >
          Read
        </Checkbox>
        <Checkbox
          value="write"
          isIndeterminate={some('write') && !every('write')}
          onChange={(isOn) => set((access) => ({ ...access, read: access.read || isOn, write: isOn }))}
        >
          Write
        </Checkbox>
        <FieldError className="error">{errors.permissions?.join(' ')}</FieldError>
      </CheckboxGroup>
    </section>
  );
}
