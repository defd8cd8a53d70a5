import { useEndSessions } from '../api/sessions.ts';
import type { Token } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Failure } from '../design/failure.tsx';
import { Modal } from '../design/modal.tsx';
import { useSay } from '../design/said.tsx';

/** Asks before all sessions of a token are ended. */
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
  const say = useSay();
  const onSuccess = (notice: string) => {
    say(notice);
    onClose();
  };
  const submit = () => end.start(null, { onSuccess });
  const close = () => end.cancel(onClose);
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
