import { notifyManager, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Sending } from './api.ts';
import { isNotSent } from './problem.ts';

interface ChangeOptions<Input, Output> {
  /** Sends the request, with what `sending` has in it. */
  readonly send: (input: Input, sending: Sending) => Promise<Output>;
  /** Queries whose answers it may have changed. They are asked again, also where its outcome is not known. */
  readonly rereads: readonly QueryKey[];
  /** What is kept of the answer beside `data`, whether or not anybody still waits for it. */
  readonly onAnswer?: (output: Output, input: Input) => void;
  /** It may be done again after it has succeeded. Otherwise `start` does nothing from then on. */
  readonly isRepeatable?: boolean;
}

/** What is to follow, if the page or dialog is still there. */
interface Then<Output> {
  readonly onSuccess?: (output: Output) => void;
  readonly onError?: (error: Error) => void;
}

interface State<Output> {
  /** Under way, or done for good. */
  readonly isBusy: boolean;
  readonly data: Output | undefined;
  readonly error: Error | null;
}

/** Something that a person changes on the service, one request at a time. */
export interface Change<Input, Output> extends State<Output> {
  /** Sends it. While it is under way, and after its success unless it is repeatable, nothing happens. */
  start(input: Input, then?: Then<Output>): void;
  /**
   * For Cancel: leaves, and nothing is sent afterwards. A request that was sent before cannot be taken back: nobody waits for its answer any
   * more, and instead of leaving, `error` says so.
   */
  cancel(leave: () => void): void;
}

interface Attempt {
  readonly controller: AbortController;
  stage: 'waiting' | 'sent' | 'over';
}

/**
 * The one way in which the console changes anything. However often a button is pressed, it is one request. It is sent now or fails now; it is
 * never repeated, and never kept for later.
 */
export function useChange<Input, Output>(options: ChangeOptions<Input, Output>): Change<Input, Output> {
  const { send, rereads, onAnswer, isRepeatable = false } = options;
  const cache = useQueryClient();
  const [state, setState] = useState<State<Output>>({ isBusy: false, data: undefined, error: null });
  // A ref and not the state: a second click can come before React shows that the button is busy.
  const attempt = useRef<Attempt | null>(null);

  // The next attempt is possible when the page shows how this one ended, and no sooner.
  useEffect(() => {
    if (!state.isBusy) attempt.current = null;
  }, [state]);

  useEffect(
    () => () => {
      if (attempt.current?.stage === 'waiting') attempt.current.controller.abort();
      attempt.current = null;
    },
    [],
  );

  const start = (input: Input, then: Then<Output> = {}) => {
    if (attempt.current) return;
    const own: Attempt = { controller: new AbortController(), stage: 'waiting' };
    attempt.current = own;
    setState({ isBusy: true, data: undefined, error: null });
    const onSend = () => {
      own.stage = 'sent';
    };
    const settle = (outcome: State<Output>, tell: () => void) => {
      own.stage = 'over';
      if (!isNotSent(outcome.error)) for (const queryKey of rereads) void cache.invalidateQueries({ queryKey });
      // In line behind what onAnswer changed in the cache: what that takes off the page cannot be pressed again.
      notifyManager.schedule(() => {
        if (attempt.current !== own) return;
        setState(outcome);
        tell();
      });
    };
    void send(input, { signal: own.controller.signal, onSend }).then(
      (data) => {
        onAnswer?.(data, input);
        settle({ isBusy: !isRepeatable, data, error: null }, () => then.onSuccess?.(data));
      },
      (reason: unknown) => {
        const error = reason instanceof Error ? reason : new Error(String(reason));
        settle({ isBusy: false, data: undefined, error }, () => then.onError?.(error));
      },
    );
  };

  const cancel = (leave: () => void) => {
    const own = attempt.current;
    own?.controller.abort();
    if (own?.stage !== 'sent') leave();
  };

  return { start, cancel, ...state };
}
