import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';

/** Settings → Tokens, with its tabs. */
export function TokensPage({ actions, children }: { readonly actions?: ReactNode; readonly children: ReactNode }) {
  const { key } = useStackOfPage();
  const tokens = `/stack/${key}/settings/tokens`;
  return (
    <Page title="Tokens" actions={actions}>
      <nav className="tabs" aria-label="Tokens">
        <NavLink to={`${tokens}/list`}>Management Tokens</NavLink>
        <NavLink to={`${tokens}/next-90-days`}>Next 90 days</NavLink>
      </nav>
      {children}
    </Page>
  );
}
