import { useState } from 'react';
import { Form } from 'react-aria-components';
import { Link } from 'react-router';
import { messageOf, Problem } from '../api/problem.ts';
import { type Stack, usePeople } from '../api/stacks.ts';
import { type Token, type TokenFields, useToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { effectsOf } from './effects.ts';
import { EffectsView } from './effects-view.tsx';
import { OthersSaved, type Overtaken } from './others-saved.tsx';
import { TokenSections } from './token-fields.tsx';
import { fieldsOf, formOf, mistakesIn, rebased, type TokenForm } from './token-form.ts';

interface Version {
  readonly token: Token;
  readonly etag: string | null;
}

interface EditTokenFormProps {
  readonly stack: Stack;
  /** The version that was read when the form was opened. */
  readonly start: Version;
  readonly save: (edit: { uid: string; fields: TokenFields; etag: string | null }) => Promise<unknown>;
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

/** Changes a token. What somebody else saves meanwhile is shown, and what was typed stays. */
export function EditTokenForm({ stack, start, save, onSaved, onCancel }: EditTokenFormProps) {
  const edit = useEdit({ stack, start, save, onSaved });
  const { form, base, errors, overtaken } = edit;
  const mistakes = mistakesIn(form);
  return (
    <Form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void edit.submit();
      }}
    >
      <div className="form-fields">
        {overtaken && <OthersSaved overtaken={overtaken} onTakeTheirs={edit.takeTheirs} />}
        <TokenSections stack={stack} form={form} change={edit.change} errors={{ ...mistakes, ...errors }} />
        <ValueSection stack={stack} token={start.token} />
      </div>
      <div className="form-end">
        {edit.failure && <Notice kind="bad">{edit.failure}</Notice>}
        <div className="buttons">
          <Button onPress={onCancel}>Cancel</Button>
          <Button
            variant="primary"
            type="submit"
            isDisabled={edit.isSaving || !edit.isChanged || Object.keys(mistakes).length > 0}
          >
            Save
          </Button>
        </div>
      </div>
      <aside className="beside" aria-label="What Save does">
        <EffectsView effects={effectsOf(formOf(base.token), form)} />
      </aside>
    </Form>
  );
}

function useEdit({ stack, start, save, onSaved }: Omit<EditTokenFormProps, 'onCancel'>) {
  const { refetch } = useToken(stack.api_key, start.token.uid);
  const [base, setBase] = useState(start);
  const [form, setForm] = useState(() => formOf(start.token));
  const [overtaken, setOvertaken] = useState<Overtaken | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isSaving, setIsSaving] = useState(false);
  const overtake = async () => {
    const { data } = await refetch();
    if (!data) return;
    const [before, now] = [formOf(base.token), formOf(data.token)];
    setOvertaken({ before: base.token, now: data.token, mine: form });
    setForm(rebased(form, before, now));
    setBase(data);
  };
  const submit = async () => {
    const fields = fieldsOf(form, formOf(base.token));
    setError(null);
    setIsSaving(true);
    try {
      await save({ uid: start.token.uid, fields, etag: base.etag });
      onSaved();
    } catch (failure) {
      if (failure instanceof Problem && failure.kind === 'stale-version') await overtake();
      else setError(failure);
    } finally {
      setIsSaving(false);
    }
  };
  return {
    form,
    base,
    overtaken,
    isSaving,
    isChanged: Object.keys(fieldsOf(form, formOf(base.token))).length > 0,
    errors: error instanceof Problem ? error.errors : {},
    failure: error === null ? null : messageOf(error),
    change: (changes: Partial<TokenForm>) => setForm((before) => ({ ...before, ...changes })),
    takeTheirs: () => {
      setForm(formOf(base.token));
      setOvertaken(null);
    },
    submit,
  };
}

/** The value is not here, and nowhere else. */
function ValueSection({ stack, token }: { readonly stack: Stack; readonly token: Token }) {
  const nameOf = usePeople(stack.api_key);
  return (
    <section className="section" aria-labelledby="value-title">
      <h2 id="value-title">Management Token</h2>
      <p>
        <code>cs_••••••••{token.hint}</code>
      </p>
      <p>
        The token was generated earlier; its value was shown once, is kept nowhere, and cannot be seen or changed. If
        you need it, ask <bdi>{nameOf(token.created_by)}</bdi>, who created it. If it is lost or was seen by somebody,{' '}
        <Link to={`/stack/${stack.api_key}/settings/tokens/add`}>generate a new token</Link>, move your programs to it,
        and delete this one.
      </p>
    </section>
  );
}
