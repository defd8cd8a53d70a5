import { useEffect, useRef, useState } from 'react';
import { useBlocker } from 'react-router';
import type { CreatedToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { CopyField } from '../design/copy-field.tsx';
import { Modal } from '../design/modal.tsx';
import { Notice } from '../design/notice.tsx';

interface GeneratedTokenProps {
  readonly stack: string;
  readonly created: CreatedToken;
  readonly onDone: () => void;
}

/** The value of a new token, this once. Whoever has not copied it is asked before it is gone. */
export function GeneratedToken({ stack, created, onDone }: GeneratedTokenProps) {
  const [isCopied, setIsCopied] = useState(false);
  const [isLeaving, setIsLeaving] = useState(false);
  const isShown = !('token_available' in created);
  const isAtRisk = isShown && !isCopied;
  useAskBeforeUnload(isAtRisk);
  const mayLeave = useRef(false);
  const blocker = useBlocker(() => isAtRisk && !mayLeave.current);
  const isAsked = isLeaving || blocker.state === 'blocked';
  const leave = () => {
    mayLeave.current = true;
    if (blocker.state === 'blocked') blocker.proceed();
    else onDone();
  };
  const stay = () => {
    setIsLeaving(false);
    if (blocker.state === 'blocked') blocker.reset();
  };
  return (
    <Modal title="Management Token Generated!" isAlert onClose={() => (isAtRisk ? setIsLeaving(true) : leave())}>
      {isShown ? (
        <Notice kind="warn">Copy the token now. It won’t be shown again after you close this window.</Notice>
      ) : (
        <Notice kind="warn">
          This token was made by an earlier try, whose answer was lost: its value cannot be shown.
        </Notice>
      )}
      <CopyField label="Stack API Key" value={stack} />
      {'token' in created.token && (
        <CopyField label="Management Token" value={created.token.token} onCopied={() => setIsCopied(true)} />
      )}
      {isAsked ? (
        <Notice kind="bad">
          <p>You have not copied the token. If you leave, nobody can ever see it again.</p>
          <div className="buttons">
            <Button autoFocus onPress={stay}>
              Go back and copy it
            </Button>
            <Button variant="danger" onPress={leave}>
              Leave without copying
            </Button>
          </div>
        </Notice>
      ) : (
        <div className="buttons">
          <Button variant="primary" onPress={() => (isAtRisk ? setIsLeaving(true) : leave())}>
            Done
          </Button>
        </div>
      )}
    </Modal>
  );
}

/** Closing the window or reloading the page is leaving, too: the browser asks in its own words. */
function useAskBeforeUnload(isAtRisk: boolean): void {
  useEffect(() => {
    if (!isAtRisk) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isAtRisk]);
}
