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
  state: 'waiting' | 'sent' | 'over';
}

/**
 * The one way in which the console changes anything. Every press of a button is at most one request: it is sent now or fails now, it is never
 * repeated, and never kept for later.
 */
export function useChange<Input, Output>(options: ChangeOptions<Input, Output>): Change<Input, Output> {
  const { send, rereads, onAnswer, isRepeatable = false } = options;
  const cache = useQueryClient();
  const [state, setState] = useState<State<Output>>({ isBusy: false, data: undefined, error: null });
  // Not the state: two clicks can come before React shows that the button is busy.
  const current = useRef<Attempt | null>(null);

  // Not before the page shows the outcome: a click on what it showed before must not count.
  useEffect(() => {
    if (!state.isBusy) current.current = null;
  }, [state]);

  useEffect(
    () => () => {
      if (current.current?.state === 'waiting') current.current.controller.abort();
      current.current = null;
    },
    [],
  );

  const start = (input: Input, then: Then<Output> = {}) => {
    if (current.current) return;
    const attempt: Attempt = { controller: new AbortController(), state: 'waiting' };
    current.current = attempt;
    setState({ isBusy: true, data: undefined, error: null });
    const onSend = () => {
      attempt.state = 'sent';
    };
    const settle = (outcome: State<Output>, tell: () => void) => {
      attempt.state = 'over';
      if (!isNotSent(outcome.error)) for (const queryKey of rereads) void cache.invalidateQueries({ queryKey });
      // Shown after what onAnswer took out of the cache is gone from the page: it must not be pressed once more.
      notifyManager.schedule(() => {
        if (current.current !== attempt) return;
        setState(outcome);
        tell();
      });
    };
    void send(input, { signal: attempt.controller.signal, onSend }).then(
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
    const attempt = current.current;
    if (attempt && attempt.state !== 'over') attempt.controller.abort();
    if (attempt?.state !== 'sent') leave();
  };

  return { start, cancel, ...state };
}
