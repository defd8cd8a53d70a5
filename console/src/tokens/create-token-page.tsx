import { useRef, useState } from 'react';
import { Form } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { Problem } from '../api/problem.ts';
import { useCreateToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Failure } from '../design/failure.tsx';
import { Notice } from '../design/notice.tsx';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';
import { GeneratedToken } from './generated-token.tsx';
import { TokenSections } from './token-fields.tsx';
import { fieldsOf, mistakesIn, newToken, type TokenForm } from './token-form.ts';

/** A new token, whose value is shown once when it is made. */
export function CreateTokenPage() {
  const { key, stack } = useStackOfPage();
  const create = useCreateToken(key);
  const navigate = useNavigate();
  const [form, setForm] = useState(newToken);
  const [isTried, setIsTried] = useState(false);
  // One for each set of fields: pressed twice, or answered into the void, it is still one token.
  const attempt = useRef({ sent: '', key: '' });
  const mistakes = mistakesIn(form);
  const list = `/stack/${key}/settings/tokens/list`;
  const errors = { ...(isTried ? mistakes : {}), ...(create.error instanceof Problem ? create.error.errors : {}) };
  const change = (changes: Partial<TokenForm>) => setForm((before) => ({ ...before, ...changes }));
  const submit = () => {
    setIsTried(true);
    if (Object.keys(mistakes).length > 0) return;
    const fields = fieldsOf(form);
    const sent = JSON.stringify(fields);
    if (attempt.current.sent !== sent) attempt.current = { sent, key: crypto.randomUUID() };
    create.start({ fields, key: attempt.current.key });
  };
  if (!stack) return null;
  return (
    <Page title="Create Management Token">
      <p>
        A management token, together with the stack API key, authorizes a program to read and change the content of this
        stack, without a person’s sign-in.
      </p>
      <Form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="form-fields">
          <TokenSections stack={stack} form={form} change={change} errors={errors} />
          <section className="section">
            <h2>Management Token</h2>
            <p>Press Generate Token to get its value. It is shown once.</p>
          </section>
        </div>
        <div className="form-end">
          {create.error && (
            <Failure
              error={create.error}
              what="the token was generated"
              next="Press Generate Token again: that makes no second token."
            />
          )}
          {isTried && Object.keys(mistakes).length > 0 && (
            <Notice kind="bad">The token was not generated: see what is missing above.</Notice>
          )}
          <div className="buttons">
            <Button onPress={() => create.cancel(() => void navigate(list))}>Cancel</Button>
            <Button variant="primary" type="submit" isBusy={create.isBusy}>
              Generate Token
            </Button>
          </div>
        </div>
      </Form>
      {create.data && <GeneratedToken stack={key} created={create.data} onDone={() => void navigate(list)} />}
    </Page>
  );
}
