import { messageOf } from '../api/problem.ts';
import { useEndSessions } from '../api/sessions.ts';
import type { Token } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Modal } from '../design/modal.tsx';
import { Notice } from '../design/notice.tsx';
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
  const submit = () => end.mutate(null, { onSuccess });
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
