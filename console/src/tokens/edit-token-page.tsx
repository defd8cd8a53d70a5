import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { Problem } from '../api/problem.ts';
import type { Stack } from '../api/stacks.ts';
import { type Token, useToken } from '../api/tokens.ts';
import { DeleteTokenDialog } from '../deletion/delete-token-dialog.tsx';
import { ReceiptView } from '../deletion/receipt-view.tsx';
import { Button } from '../design/button.tsx';
import { Instant, useNow } from '../design/instant.tsx';
import { Notice } from '../design/notice.tsx';
import { ExpiryPill, StatusPill } from '../design/pill.tsx';
import { QueryState } from '../design/query-state.tsx';
import { useSay } from '../design/said.tsx';
import { ago } from '../design/time.ts';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';
import { EditTokenForm } from './edit-token-form.tsx';

/** A token's settings. Of a token that was deleted, its receipt. */
export function EditTokenPage() {
  const { uid = '' } = useParams();
  const { key, stack } = useStackOfPage();
  const query = useToken(key, uid);
  const isGone = query.error instanceof Problem && query.error.status === 404;
  return (
    <Page title="Edit Management Token" actions={query.data && <TokenActions stack={key} token={query.data.token} />}>
      {isGone ? (
        <Gone stack={key} uid={uid} />
      ) : (
        <QueryState query={query} what="the token">
          {(found) => stack && <Loaded key={uid} stack={stack} found={found} />}
        </QueryState>
      )}
    </Page>
  );
}

type Found = { readonly token: Token; readonly etag: string | null };

/** The form keeps what it began with: what others save meanwhile is for it to deal with when it saves. */
function Loaded({ stack, found }: { readonly stack: Stack; readonly found: Found }) {
  const [start] = useState(found);
  const say = useSay();
  const navigate = useNavigate();
  const list = `/stack/${stack.api_key}/settings/tokens/list`;
  return (
    <>
      <Facts token={found.token} />
      <EditTokenForm
        stack={stack}
        start={start}
        onSaved={() => {
          say('Management Token updated successfully.');
          void navigate(list);
        }}
        onCancel={() => void navigate(list)}
      />
    </>
  );
}

function Facts({ token }: { readonly token: Token }) {
  const now = useNow();
  const { last_used_at: usedAt, last_used_client: client } = token;
  return (
    <p className="facts-line">
      <StatusPill status={token.status} /> <ExpiryPill token={token} />{' '}
      <span className="hint">
        Last used {usedAt ? ago(usedAt, now) : 'never'}
        {client && ` by ${client}`} · created <Instant at={token.created_at} /> · <code>{token.uid}</code>
      </span>
    </p>
  );
}

function TokenActions({ stack, token }: { readonly stack: string; readonly token: Token }) {
  const [isDeleting, setIsDeleting] = useState(false);
  const navigate = useNavigate();
  const close = (isDeleted: boolean) => {
    setIsDeleting(false);
    if (isDeleted) void navigate(`/stack/${stack}/settings/tokens/list`);
  };
  return (
    <>
      <Link className="button" to={`/stack/${stack}/settings/management-tokens/${token.uid}/sessions`}>
        Sessions
      </Link>
      <Button variant="danger" onPress={() => setIsDeleting(true)}>
        Delete
      </Button>
      {isDeleting && <DeleteTokenDialog stack={stack} token={token} onClose={close} />}
    </>
  );
}

function Gone({ stack, uid }: { readonly stack: string; readonly uid: string }) {
  return (
    <>
      <Notice>There is no such token on this stack any more. When it was deleted, its receipt is here.</Notice>
      <ReceiptView stack={stack} uid={uid} />
      <p>
        <Link to={`/stack/${stack}/settings/tokens/list`}>All management tokens</Link>
      </p>
    </>
  );
}
