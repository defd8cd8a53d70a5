import type { ReactNode } from 'react';
import { messageOf } from '../api/problem.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isFetching: boolean;
  refetch(): unknown;
}

/** Loading, failed, or what was asked for. What is there stays on the page when asking again fails, with the reason above it. */
export function QueryState<T>({
  query,
  what,
  children,
}: {
  readonly query: Asked<T>;
  /** `the tokens` */
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error, isFetching } = query;
  return (
    <>
      {error !== null && error !== undefined && (
        <Notice kind="bad">
          <p>
            {sentenceOf(what)} could not be read. {messageOf(error)}
          </p>
          <Button isBusy={isFetching} onPress={() => void query.refetch()}>
            Try again
          </Button>
        </Notice>
      )}
      {data === undefined ? !error && <Loading what={what} /> : children(data)}
    </>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" /> Loading {what}…
    </div>
  );
}

const sentenceOf = (what: string) => `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
