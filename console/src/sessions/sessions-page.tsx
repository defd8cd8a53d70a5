import { useState } from 'react';
import { Cell, Column, Row, Table, TableBody, TableHeader } from 'react-aria-components';
import { Link, useParams } from 'react-router';
import { type Session, useEndSessions, useSessions } from '../api/sessions.ts';
import { useToken } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Failure } from '../design/failure.tsx';
import { Instant, useNow } from '../design/instant.tsx';
import { QueryState } from '../design/query-state.tsx';
import { useSay } from '../design/said.tsx';
import { distance, utc } from '../design/time.ts';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';
import { EndAllSessionsDialog } from './end-all-sessions-dialog.tsx';

/** The live sessions of a token: end one, or all. */
export function SessionsPage() {
  const { uid = '' } = useParams();
  const { key } = useStackOfPage();
  const sessions = useSessions(key, uid);
  const token = useToken(key, uid).data?.token;
  const [isEndingAll, setIsEndingAll] = useState(false);
  const found = sessions.data?.pages.flatMap((page) => page.sessions) ?? [];
  return (
    <Page
      title="Sessions"
      actions={
        <>
          <Button isBusy={sessions.isFetching} onPress={() => void sessions.refetch()}>
            Refresh
          </Button>
          <Button variant="danger" isDisabled={found.length === 0} onPress={() => setIsEndingAll(true)}>
            End all sessions
          </Button>
        </>
      }
    >
      {token && (
        <p>
          Programs that work with{' '}
          <Link to={`/stack/${key}/settings/management-tokens/${uid}/edit`}>
            <bdi>{token.name}</bdi>
          </Link>{' '}
          now.
        </p>
      )}
      <QueryState query={sessions} what="the sessions">
        {() => <SessionTable stack={key} uid={uid} sessions={found} />}
      </QueryState>
      {sessions.hasNextPage && (
        <Button isBusy={sessions.isFetchingNextPage} onPress={() => void sessions.fetchNextPage()}>
          Show more
        </Button>
      )}
      {isEndingAll && token && <EndAllSessionsDialog stack={key} token={token} onClose={() => setIsEndingAll(false)} />}
    </Page>
  );
}

interface SessionTableProps {
  readonly stack: string;
  readonly uid: string;
  readonly sessions: readonly Session[];
}

function SessionTable({ stack, uid, sessions }: SessionTableProps) {
  const end = useEndSessions(stack, uid);
  const say = useSay();
  const now = useNow();
  const nameOf = ({ client, uid: session }: Session) => client || session;
  return (
    <>
      {end.error && (
        <Failure error={end.error} what="the session was ended" next="If it is still here, you can end it again." />
      )}
      <Table className="table" aria-label="Live sessions">
        <TableHeader>
          <Column isRowHeader>Program</Column>
          <Column>Remote Address</Column>
          <Column>Opened</Column>
          <Column>Ends</Column>
          <Column>
            <span className="visually-hidden">Actions</span>
          </Column>
        </TableHeader>
        <TableBody renderEmptyState={() => <NoSessions />}>
          {sessions.map((session) => (
            <Row key={session.uid} id={session.uid} textValue={nameOf(session)}>
              <Cell className="cell-name">
                <bdi className="token-name">{session.client || 'Unnamed program'}</bdi>
                <span className="hint">
                  <code>{session.uid}</code>
                </span>
              </Cell>
              <Cell data-label="Remote Address">{session.remote_addr}</Cell>
              <Cell data-label="Opened">
                <Instant at={session.opened_at} />
              </Cell>
              <Cell data-label="Ends">
                <time dateTime={session.expires_at} title={utc(session.expires_at)}>
                  {distance(session.expires_at, now)}
                </time>
              </Cell>
              <Cell className="cell-actions">
                <Button
                  aria-label={`End the session of ${nameOf(session)}`}
                  isBusy={end.isBusy}
                  onPress={() => end.start(session.uid, { onSuccess: say })}
                >
                  End
                </Button>
              </Cell>
            </Row>
          ))}
        </TableBody>
      </Table>
    </>
  );
}

function NoSessions() {
  return (
    <div className="empty">
      <h2>No program works with this token now</h2>
      <p>Programs may still use the token’s value itself, without a session.</p>
    </div>
  );
}
