import { useState } from 'react';
import { Form } from 'react-aria-components';
import { Link } from 'react-router';
import { messageOf, Problem } from '../api/problem.ts';
import { type Stack, usePeople } from '../api/stacks.ts';
import { type Token, useEditToken, useToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Contained } from '../design/contained.tsx';
import { Failure } from '../design/failure.tsx';
import { effectsOf } from './effects.ts';
import { EffectsView } from './effects-view.tsx';
import { OthersSaved, type Overtaken } from './others-saved.tsx';
import { TokenSections } from './token-fields.tsx';
import { changedParts, fieldsOf, formOf, mistakesIn, rebased, type TokenForm } from './token-form.ts';

interface Version {
  readonly token: Token;
  readonly etag: string | null;
}

interface EditTokenFormProps {
  readonly stack: Stack;
  /** The version that was read when the form was opened. */
  readonly start: Version;
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

/** Changes a token. What somebody else saves meanwhile is shown, and what was typed stays. */
export function EditTokenForm({ stack, start, onSaved, onCancel }: EditTokenFormProps) {
  const edit = useEdit({ stack, start, onSaved });
  const { form, base, errors, overtaken } = edit;
  const mistakes = mistakesIn(form);
  return (
    <Form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        edit.submit();
      }}
    >
      <div className="form-fields">
        {overtaken && <OthersSaved overtaken={overtaken} onTakeTheirs={edit.takeTheirs} />}
        <TokenSections stack={stack} form={form} change={edit.change} errors={{ ...mistakes, ...errors }} />
        <ValueSection stack={stack} token={start.token} />
      </div>
      <div className="form-end">
        {edit.failure && <Failure error={edit.failure} what="your changes were saved" look={edit.look} />}
        <div className="buttons">
          <Button onPress={() => edit.cancel(onCancel)}>Cancel</Button>
          <Button
            variant="primary"
            type="submit"
            isDisabled={!edit.isChanged || Object.keys(mistakes).length > 0}
            isBusy={edit.isSaving}
          >
            Save
          </Button>
        </div>
      </div>
      <aside className="beside" aria-label="What Save does">
        <Contained what="What Save does">
          <EffectsView effects={effectsOf(formOf(base.token), form)} />
        </Contained>
      </aside>
    </Form>
  );
}

function useEdit({ stack, start, onSaved }: Omit<EditTokenFormProps, 'onCancel'>) {
  const { refetch } = useToken(stack.api_key, start.token.uid);
  const saving = useEditToken(stack.api_key);
  const [base, setBase] = useState(start);
  const [form, setForm] = useState(() => formOf(start.token));
  const [overtaken, setOvertaken] = useState<Overtaken | null>(null);
  const [isReading, setIsReading] = useState(false);
  const [handled, setHandled] = useState<Error | null>(null);
  const failure = isReading || saving.error === handled ? null : saving.error;
  /** Finds out whether what was typed is stored, or what others have stored instead. Returns what to say if neither is so. */
  const look = async (after: Error | null): Promise<string> => {
    const { data, error } = await refetch();
    if (error || !data) return `What is saved now could not be read. ${messageOf(error)}`;
    if (data.etag === base.etag) return 'Your changes are not saved. Press Save to try again.';
    setHandled(after);
    const now = formOf(data.token);
    if (changedParts(form, now).length === 0) {
      onSaved();
      return '';
    }
    setOvertaken({ before: base.token, now: data.token, mine: form });
    setForm((mine) => rebased(mine, formOf(base.token), now));
    setBase(data);
    return '';
  };
  const onError = async (error: Error) => {
    if (!(error instanceof Problem && error.kind === 'stale-version')) return;
    setIsReading(true);
    await look(error);
    setIsReading(false);
  };
  return {
    form,
    base,
    overtaken,
    failure,
    isSaving: saving.isBusy || isReading,
    isChanged: Object.keys(fieldsOf(form, formOf(base.token))).length > 0,
    errors: failure instanceof Problem ? failure.errors : {},
    change: (changes: Partial<TokenForm>) => setForm((before) => ({ ...before, ...changes })),
    takeTheirs: () => {
      setForm(formOf(base.token));
      setOvertaken(null);
    },
    submit: () => {
      const fields = fieldsOf(form, formOf(base.token));
      saving.start({ uid: start.token.uid, fields, etag: base.etag }, { onSuccess: onSaved, onError });
    },
    cancel: saving.cancel,
    look: () => look(saving.error),
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
