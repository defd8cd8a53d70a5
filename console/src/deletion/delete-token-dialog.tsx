import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Form } from 'react-aria-components';
import { isOutcomeUnknown, messageOf, Problem } from '../api/problem.ts';
import { usePeople } from '../api/stacks.ts';
import { type Token, useDeleteToken, useToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Contained } from '../design/contained.tsx';
import { Failure } from '../design/failure.tsx';
import { Field } from '../design/field.tsx';
import { Modal } from '../design/modal.tsx';
import { Notice } from '../design/notice.tsx';
import { DeletionPreview } from './deletion-preview.tsx';
import { ReceiptView } from './receipt-view.tsx';

interface DeleteTokenDialogProps {
  readonly stack: string;
  /** As it was when the dialog was asked for. */
  readonly token: Token;
  readonly onClose: (isDeleted: boolean) => void;
}

/** So often the token is asked for while the dialog is open: it may be renamed meanwhile. */
const lookAgainMs = 3000;

/** Deletes a token whose exact name is given, then shows how far the end of its sessions has come. */
export function DeleteTokenDialog({ stack, token, onClose }: DeleteTokenDialogProps) {
  const [isFoundDeleted, setIsFoundDeleted] = useState(false);
  const remove = useDeleteToken(stack);
  const isDeleted = isFoundDeleted || remove.data !== undefined;
  const close = () => (isDeleted ? onClose(true) : remove.cancel(() => onClose(false)));
  return (
    <Modal title={isDeleted ? 'Management Token deleted' : 'Delete Management Token'} onClose={close} isAlert>
      {isDeleted ? (
        <>
          <Contained what="The receipt">
            <ReceiptView stack={stack} uid={token.uid} />
          </Contained>
          <div className="buttons">
            <Button variant="primary" autoFocus onPress={close}>
              Done
            </Button>
          </div>
        </>
      ) : (
        <Confirmation stack={stack} token={token} remove={remove} onClose={close} onGone={setIsFoundDeleted} />
      )}
    </Modal>
  );
}

function Confirmation({
  stack,
  token,
  remove,
  onClose,
  onGone,
}: {
  readonly stack: string;
  readonly token: Token;
  readonly remove: ReturnType<typeof useDeleteToken>;
  readonly onClose: () => void;
  /** Somebody has deleted the token, or we have, without an answer. It is the same function at every rendering. */
  readonly onGone: (isOurs: boolean) => void;
}) {
  const [typed, setTyped] = useState('');
  const { data, error, refetch } = useToken(stack, token.uid, lookAgainMs);
  const present = data?.token ?? token;
  const isConfirmed = typed.normalize('NFC') === present.name;
  const cache = useQueryClient();
  const isGone = error instanceof Problem && error.status === 404;
  const isOurs = remove.error !== null && isOutcomeUnknown(remove.error);
  useEffect(() => {
    if (!isGone) return;
    void cache.invalidateQueries({ queryKey: ['tokens', stack] });
    onGone(isOurs);
  }, [cache, isGone, isOurs, onGone, stack]);
  const submit = () => {
    if (!isConfirmed) return;
    remove.start({ uid: token.uid, name: typed }, { onError: () => void refetch() });
  };
  const look = async () => {
    const { error: failure } = await refetch();
    return failure ? messageOf(failure) : 'The token is still there. Press Delete to try again.';
  };
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p>
        <bdi className="token-name">{present.name}</bdi> is removed permanently. All permissions and sessions that use
        it end instantly. This cannot be undone.
      </p>
      {!isGone && (
        <Contained what="What deleting would end">
          <DeletionPreview stack={stack} uid={token.uid} />
        </Contained>
      )}
      {isGone && (
        <>
          <Notice kind="bad">This token has been deleted meanwhile.</Notice>
          <ReceiptView stack={stack} uid={token.uid} />
        </>
      )}
      {present.name !== token.name && <Renamed before={token} now={present} />}
      <Field
        label={`Enter the exact name of the token to delete it`}
        placeholder="Enter name of your management token"
        value={typed}
        onChange={setTyped}
        autoFocus
      />
      {remove.error && (
        <Failure error={remove.error} message={refusalOf(remove.error)} what="the token was deleted" look={look} />
      )}
      <div className="buttons">
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="danger" type="submit" isDisabled={!isConfirmed || isGone} isBusy={remove.isBusy}>
          Delete
        </Button>
      </div>
    </Form>
  );
}

function Renamed({ before, now }: { readonly before: Token; readonly now: Token }) {
  const nameOf = usePeople(now.api_key);
  return (
    <Notice kind="warn">
      <bdi>{nameOf(now.updated_by)}</bdi> has renamed this token meanwhile, from <bdi>“{before.name}”</bdi> to{' '}
      <bdi>“{now.name}”</bdi>. To delete it, enter its new name.
    </Notice>
  );
}

function refusalOf(error: Error): string {
  const [reason] = (error instanceof Problem && error.errors.confirm_name) || [];
  return reason ? `The name you entered ${reason}` : messageOf(error);
}
