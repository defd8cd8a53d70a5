import { useState } from 'react';
import { messageOf } from '../api/problem.ts';
import { useEndSessions } from '../api/sessions.ts';
import type { Token } from '../api/tokens.ts';
import { ReceiptView } from '../deletion/receipt-view.tsx';
import { Button } from '../design/button.tsx';
import { Modal } from '../design/modal.tsx';
import { Notice } from '../design/notice.tsx';

/** Asks before all sessions of a token are ended, then shows how far that has come. */
export function EndAllSessionsDialog({
  stack,
  token,
  onClose,
}: {
  readonly stack: string;
  readonly token: Pick<Token, 'uid' | 'name'>;
  readonly onClose: () => void;
}) {
  const end = useEndSessions(stack, token.uid);
  const [isEnded, setIsEnded] = useState(false);
  const submit = () => end.mutate(null, { onSuccess: () => setIsEnded(true) });
  if (isEnded)
    return (
      <Modal title="All sessions ended" onClose={onClose} isAlert>
        <ReceiptView stack={stack} uid={token.uid} />
        <div className="buttons">
          <Button variant="primary" autoFocus onPress={onClose}>
            Done
          </Button>
        </div>
      </Modal>
    );
  return (
    <Modal title="End all sessions" onClose={onClose} isAlert>
      <p>
        Every program that works with <bdi className="token-name">{token.name}</bdi> is refused at once. The token
        stays: whoever has its value can open a new session.
      </p>
      {end.error && <Notice kind="bad">{messageOf(end.error)}</Notice>}
      <div className="buttons">
        <Button autoFocus onPress={onClose}>
          Cancel
        </Button>
        <Button variant="danger" isDisabled={end.isPending} onPress={submit}>
          End all sessions
        </Button>
      </div>
    </Modal>
  );
}
