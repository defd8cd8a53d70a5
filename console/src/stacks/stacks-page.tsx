import { useState } from 'react';
import { Form } from 'react-aria-components';
import { Link, useNavigate } from 'react-router';
import { Problem } from '../api/problem.ts';
import { type Stack, useCreateStack, useStacks } from '../api/stacks.ts';
import { Button } from '../design/button.tsx';
import { Failure } from '../design/failure.tsx';
import { Field } from '../design/field.tsx';
import { Modal } from '../design/modal.tsx';
import { QueryState } from '../design/query-state.tsx';
import { Page } from '../frame/page.tsx';

const roles: Readonly<Record<Stack['role'], string>> = {
  owner: 'Owner',
  admin: 'Admin',
  developer: 'Member without token rights',
};

/** The caller's stacks: go to one, make one. */
export function StacksPage() {
  const stacks = useStacks();
  const [isMaking, setIsMaking] = useState(false);
  return (
    <Page
      title="Stacks"
      actions={
        <Button variant="primary" onPress={() => setIsMaking(true)}>
          + New Stack
        </Button>
      }
    >
      <QueryState query={stacks} what="your stacks">
        {(found) => (found.length === 0 ? <NoStacks /> : <StackList stacks={found} />)}
      </QueryState>
      {isMaking && <CreateStackDialog onClose={() => setIsMaking(false)} />}
    </Page>
  );
}

function StackList({ stacks }: { readonly stacks: readonly Stack[] }) {
  return (
    <ul className="cards">
      {stacks.map(({ api_key: key, name, role, token_count: count, plan }) => (
        <li key={key}>
          <Link to={`/stack/${key}/settings`}>
            <bdi>{name}</bdi>
          </Link>
          <p>{roles[role] ?? role}</p>
          <p className="hint">
            {count} of {plan.max_tokens} tokens · <code>{key}</code>
          </p>
        </li>
      ))}
    </ul>
  );
}

function NoStacks() {
  return (
    <div className="empty">
      <h2>You have no stacks yet</h2>
      <p>Make one, or ask the owner of one to share it with you.</p>
    </div>
  );
}

function CreateStackDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const create = useCreateStack();
  const navigate = useNavigate();
  const errors = create.error instanceof Problem ? create.error.errors.name : undefined;
  const submit = () =>
    create.start(name, { onSuccess: ({ api_key: key }) => void navigate(`/stack/${key}/settings/tokens/list`) });
  const close = () => create.cancel(onClose);
  return (
    <Modal title="New Stack" onClose={close}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field label="Name" value={name} onChange={setName} errors={errors} placeholder="Enter stack name" autoFocus />
        {create.error && !errors && (
          <Failure
            error={create.error}
            what="the stack was created"
            next="Look whether it is in the list before you try again."
          />
        )}
        <div className="buttons">
          <Button onPress={close}>Cancel</Button>
          <Button variant="primary" type="submit" isDisabled={name.trim() === ''} isBusy={create.isBusy}>
            Create
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
