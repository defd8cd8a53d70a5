import { useEffect, useRef, useState } from 'react';
import { isOutcomeUnknown, messageOf, Problem } from '../api/problem.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface FailureProps {
  readonly error: Error;
  /** Instead of the error's own words, where it is clear that nothing was done. */
  readonly message?: string;
  /** What was asked for: `the token was deleted`. */
  readonly what: string;
  /** What to do where nobody knows whether it was done. */
  readonly next?: string;
  /** Finds out whether it was done, and returns what to say if the page stays. */
  readonly look?: () => Promise<string>;
}

/** Why a change failed. Where the service may have carried it out all the same, it says so, and how to find out. */
export function Failure({ error, message, what, next, look }: FailureProps) {
  const [found, setFound] = useState<{ readonly after: Error; readonly text: string } | null>(null);
  const [isLooking, setIsLooking] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each failure is brought into view, not only the first
  useEffect(() => {
    void place.current?.scrollIntoView({ block: 'nearest' });
  }, [error]);
  const isUnknown = isOutcomeUnknown(error);
  if (found?.after === error && found.text === '') return null;
  const lookNow = async () => {
    if (!look) return;
    setIsLooking(true);
    const text = await look();
    setIsLooking(false);
    setFound({ after: error, text });
  };
  return (
    <div ref={place}>
      <Notice kind="bad">
        {found?.after === error ? (
          <p>{found.text}</p>
        ) : isUnknown ? (
          <p>
            {whyUnknown(error)} It is not known whether {what}. {next}
          </p>
        ) : (
          <p>{message ?? messageOf(error)}</p>
        )}
        {isUnknown && look && (
          <Button isBusy={isLooking} onPress={() => void lookNow()}>
            Find out
          </Button>
        )}
      </Notice>
    </div>
  );
}

function whyUnknown(error: Error): string {
  const isAnswer = error instanceof Problem && error.status >= 500;
  return isAnswer ? messageOf(error) : 'No answer came from the service.';
}
