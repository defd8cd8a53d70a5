import { useState } from 'react';
import { Cell, Column, Input, Row, SearchField, Table, TableBody, TableHeader } from 'react-aria-components';
import { type AuditEntry, useAuditLog } from '../api/audit-log.ts';
import { usePeople } from '../api/stacks.ts';
import { Button } from '../design/button.tsx';
import { Instant } from '../design/instant.tsx';
import { QueryState } from '../design/query-state.tsx';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';

const modules = { management_token: 'Management Token', stack: 'Stack' } as const;
const isModule = (name: string): name is keyof typeof modules => Object.hasOwn(modules, name);

/** Who changed what on the stack, and who tried to. */
export function AuditLogPage() {
  const { key } = useStackOfPage();
  const log = useAuditLog(key);
  const [search, setSearch] = useState('');
  const nameOf = usePeople(key);
  const entries = log.data?.pages.flatMap(({ logs }) => logs) ?? [];
  const wanted = entries.filter((entry) => textOf(entry, nameOf).includes(search.trim().toLowerCase()));
  return (
    <Page
      title="Audit log"
      actions={
        <Button isBusy={log.isFetching} onPress={() => void log.refetch()}>
          Refresh
        </Button>
      }
    >
      <div className="toolbar">
        <SearchField className="search" value={search} onChange={setSearch} aria-label="Search the entries shown">
          <Input className="input" placeholder="Search the entries shown" />
        </SearchField>
        <p className="count" role="status">
          {wanted.length} of {entries.length} {log.hasNextPage ? 'loaded' : ''} entries
        </p>
      </div>
      <QueryState query={log} what="the audit log">
        {() => <EntryTable entries={wanted} nameOf={nameOf} />}
      </QueryState>
      {log.hasNextPage && (
        <Button isBusy={log.isFetchingNextPage} onPress={() => void log.fetchNextPage()}>
          Show older entries
        </Button>
      )}
    </Page>
  );
}

type NameOf = (uid: string) => string;

function textOf({ created_by, event_type, outcome, metadata, remote_addr }: AuditEntry, nameOf: NameOf): string {
  return [nameOf(created_by), event_type, outcome, metadata.title, metadata.uid, remote_addr].join(' ').toLowerCase();
}

function EntryTable({ entries, nameOf }: { readonly entries: readonly AuditEntry[]; readonly nameOf: NameOf }) {
  return (
    <Table className="table" aria-label="Audit log">
      <TableHeader>
        <Column>Date</Column>
        <Column>Action</Column>
        <Column>Module</Column>
        <Column isRowHeader>Title</Column>
        <Column>By</Column>
        <Column>Remote Address</Column>
      </TableHeader>
      <TableBody renderEmptyState={() => <p className="empty">Nothing is like that.</p>}>
        {entries.map((entry) => (
          <Row key={entry.uid} id={entry.uid} textValue={entry.metadata.title}>
            <Cell data-label="Date">
              <Instant at={entry.created_at} />
            </Cell>
            <Cell data-label="Action">
              {entry.event_type}
              {entry.outcome === 'refused' && (
                <>
                  {' '}
                  <span className="pill pill-bad">refused</span>
                  <span className="hint">{entry.reason}</span>
                </>
              )}
            </Cell>
            <Cell data-label="Module">{isModule(entry.module) ? modules[entry.module] : entry.module}</Cell>
            <Cell className="cell-name">
              <bdi className="token-name">{entry.metadata.title}</bdi>
              <Changes changes={entry.changes} />
            </Cell>
            <Cell data-label="By">
              <bdi>{nameOf(entry.created_by)}</bdi>
            </Cell>
            <Cell data-label="Remote Address">{entry.remote_addr}</Cell>
          </Row>
        ))}
      </TableBody>
    </Table>
  );
}

/** So many are read at a glance; more, such as those of a creation, when they are asked for. */
const fewChanges = 3;

function Changes({ changes }: Pick<AuditEntry, 'changes'>) {
  if (changes.length <= fewChanges) return <ChangeList changes={changes} />;
  return (
    <details>
      <summary>{changes.length} fields</summary>
      <ChangeList changes={changes} />
    </details>
  );
}

function ChangeList({ changes }: Pick<AuditEntry, 'changes'>) {
  if (changes.length === 0) return null;
  return (
    <ul className="changes">
      {changes.map(({ field, from, to }) => (
        <li key={field}>
          {field}: <code>{shown(from)}</code> → <code>{shown(to)}</code>
        </li>
      ))}
    </ul>
  );
}

const shown = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
