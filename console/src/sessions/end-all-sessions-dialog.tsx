import { useState } from 'react';
import { useEndSessions } from '../api/sessions.ts';
import type { Token } from '../api/tokens.ts';
import { ReceiptView } from '../deletion/receipt-view.tsx';
import { Button } from '../design/button.tsx';
import { Failure } from '../design/failure.tsx';
import { Modal } from '../design/modal.tsx';

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
  const submit = () => end.start(null, { onSuccess: () => setIsEnded(true) });
  const close = () => end.cancel(onClose);
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
    <Modal title="End all sessions" onClose={close} isAlert>
      <p>
        Every program that works with <bdi className="token-name">{token.name}</bdi> is refused at once. The token
        stays: whoever has its value can open a new session.
      </p>
      {end.error && (
        <Failure error={end.error} what="the sessions were ended" next="You can end them again: that does no harm." />
      )}
      <div className="buttons">
        <Button autoFocus onPress={close}>
          Cancel
        </Button>
        <Button variant="danger" isBusy={end.isBusy} onPress={submit}>
          End all sessions
        </Button>
      </div>
    </Modal>
  );
}
