import { Outlet, useParams } from 'react-router';
import { type Stack, useStack } from '../api/stacks.ts';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { Page } from './page.tsx';

/** The pages of a stack: for its owner and admins. Others are told why there is nothing for them to see. */
export function ForAdmins() {
  const { stack = '' } = useParams();
  const query = useStack(stack);
  return (
    <QueryState query={query} what="the stack">
      {(found) => (['owner', 'admin'].includes(found.role) ? <Outlet /> : <NotForYou stack={found} />)}
    </QueryState>
  );
}

function NotForYou({ stack }: { readonly stack: Stack }) {
  return (
    <Page title="Management Tokens">
      <Notice>
        <p>
          You are a member of <bdi>{stack.name}</bdi> without token rights, so you see none of its management tokens.
        </p>
        <p>Only the stack’s Owner and Admins can see and change them. Ask one of them to make you an Admin.</p>
      </Notice>
    </Page>
  );
}

/** The stack of the page, below `ForAdmins`: it has been read. */
export function useStackOfPage(): { readonly key: string; readonly stack: Stack | undefined } {
  const { stack: key = '' } = useParams();
  return { key, stack: useStack(key).data };
}
