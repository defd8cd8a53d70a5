import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createHashRouter } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { ApiContext, createApi } from './api/api.ts';
import { Problem } from './api/problem.ts';
import { routes } from './routes.tsx';
import type { Config } from './sign-in/config.ts';
import type { SignedIn } from './sign-in/sign-in.ts';
import { SignedInContext } from './sign-in/signed-in-context.ts';

const mostRetries = 2;

/** A refusal stays one, and without a network a page says so at once. What the service could not answer is asked again. */
const isWorthRetrying = (failures: number, error: Error) =>
  failures < mostRetries && (!(error instanceof Problem) || error.kind === 'unanswered' || error.status === 503);

/** Reads are never paused: offline they fail, and the page says so. When the network is back, what is shown is read again. */
const queries = { retry: isWorthRetrying, networkMode: 'always', refetchOnReconnect: true } as const;

/** The console for somebody who is signed in. */
export function App({ signedIn, config }: { readonly signedIn: SignedIn; readonly config: Config }) {
  const [isOver, setIsOver] = useState(false);
  // Not before: signing in has put the address right.
  const [router] = useState(() => createHashRouter(routes));
  const cache = useMemo(() => new QueryClient({ defaultOptions: { queries } }), []);
  const api = useMemo(
    () => createApi({ accessToken: signedIn.accessToken, onSignedOut: () => setIsOver(true) }),
    [signedIn],
  );
  const session = useMemo(() => ({ signedIn, isOver, config }), [signedIn, isOver, config]);
  return (
    <I18nProvider locale="en-US">
      <SignedInContext value={session}>
        <ApiContext value={api}>
          <QueryClientProvider client={cache}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </ApiContext>
      </SignedInContext>
    </I18nProvider>
  );
}
