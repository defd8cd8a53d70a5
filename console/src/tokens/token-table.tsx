import type { ReactNode } from 'react';
import {
  Cell,
  Column,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  Row,
  type SortDescriptor,
  Table,
  TableBody,
  TableHeader,
} from 'react-aria-components';
import { useNavigate } from 'react-router';
import { usePeople } from '../api/stacks.ts';
import type { Token } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Instant, useNow } from '../design/instant.tsx';
import { ExpiryPill, StatusPill } from '../design/pill.tsx';
import { ago, utc } from '../design/time.ts';
import { modulesOf, permissionsOf, placesOf } from './scope-words.ts';

interface TokenTableProps {
  readonly tokens: readonly Token[];
  readonly sort: SortDescriptor;
  readonly onSort: (sort: SortDescriptor) => void;
  readonly onAsk: (what: 'delete' | 'end-sessions', token: Token) => void;
  /** Instead of rows, where there are none. */
  readonly empty: ReactNode;
}

export const editPathOf = ({ api_key, uid }: Token) => `/stack/${api_key}/settings/management-tokens/${uid}/edit`;
export const sessionsPathOf = ({ api_key, uid }: Token) =>
  `/stack/${api_key}/settings/management-tokens/${uid}/sessions`;

/** One row for each token: it opens the token, and its menu has what can be done with it. A card each where there is little room. */
export function TokenTable({ tokens, sort, onSort, onAsk, empty }: TokenTableProps) {
  const navigate = useNavigate();
  const pathOf = new Map(tokens.map((token) => [token.uid, editPathOf(token)]));
  return (
    <Table
      className="table token-table"
      aria-label="Management tokens"
      sortDescriptor={sort}
      onSortChange={onSort}
      onRowAction={(uid) => void navigate(pathOf.get(String(uid)) ?? '/')}
    >
      <TableHeader>
        <SortableColumn id="name" isRowHeader>
          Name
        </SortableColumn>
        <Column id="permissions">Permissions</Column>
        <Column id="scope">Scope</Column>
        <SortableColumn id="expiry">Expiry</SortableColumn>
        <Column id="status">State</Column>
        <SortableColumn id="last_used">Last Used</SortableColumn>
        <SortableColumn id="created">Created By</SortableColumn>
        <Column id="rate_limit">Rate Limit</Column>
        <Column id="actions">
          <span className="visually-hidden">Actions</span>
        </Column>
      </TableHeader>
      <TableBody renderEmptyState={() => empty}>
        {tokens.map((token) => (
          <TokenRow key={token.uid} token={token} onAsk={onAsk} />
        ))}
      </TableBody>
    </Table>
  );
}

function SortableColumn({
  id,
  isRowHeader = false,
  children,
}: {
  id: string;
  isRowHeader?: boolean;
  children: string;
}) {
  return (
    <Column id={id} allowsSorting isRowHeader={isRowHeader}>
      {({ sortDirection }) => (
        <>
          {children}
          <span className="sort" aria-hidden="true">
            {sortDirection === 'ascending' ? '▲' : sortDirection === 'descending' ? '▼' : ''}
          </span>
        </>
      )}
    </Column>
  );
}

function TokenRow({ token, onAsk }: { readonly token: Token } & Pick<TokenTableProps, 'onAsk'>) {
  const nameOf = usePeople(token.api_key);
  const now = useNow();
  const modules = modulesOf(token.scope);
  const { last_used_at: usedAt, last_refused_at: refusedAt, rate_limits: limits } = token;
  return (
    <Row id={token.uid} textValue={token.name}>
      <Cell className="cell-name">
        <bdi className="token-name">{token.name}</bdi>
        {token.description && (
          <span className="hint">
            <bdi>{token.description}</bdi>
          </span>
        )}
      </Cell>
      <Cell data-label="Permissions">
        {permissionsOf(token.scope)}
        {modules.length > 0 && <span className="hint">{modules.join(', ')}</span>}
      </Cell>
      <Cell data-label="Scope">{placesOf(token.scope)}</Cell>
      <Cell data-label="Expiry">
        <ExpiryPill token={token} />
      </Cell>
      <Cell data-label="State">
        <StatusPill status={token.status} />
      </Cell>
      <Cell data-label="Last Used">
        {usedAt ? (
          <>
            <time dateTime={usedAt} title={utc(usedAt)}>
              {ago(usedAt, now)}
            </time>
            {token.last_used_client && <span className="hint">{token.last_used_client}</span>}
          </>
        ) : (
          'Never'
        )}
        {refusedAt && (
          <span className="hint">
            Refused{' '}
            <time dateTime={refusedAt} title={utc(refusedAt)}>
              {ago(refusedAt, now)}
            </time>
          </span>
        )}
      </Cell>
      <Cell data-label="Created By">
        <Instant at={token.created_at} />
        <span className="hint">
          <bdi>{nameOf(token.created_by)}</bdi>
        </span>
      </Cell>
      <Cell data-label="Rate Limit">{limits ? `${limits.read} read, ${limits.write} write /s` : 'NA'}</Cell>
      <Cell className="cell-actions">
        <RowMenu token={token} onAsk={onAsk} />
      </Cell>
    </Row>
  );
}

function RowMenu({ token, onAsk }: { readonly token: Token } & Pick<TokenTableProps, 'onAsk'>) {
  const navigate = useNavigate();
  const actions: Readonly<Record<string, () => void>> = {
    edit: () => void navigate(editPathOf(token)),
    sessions: () => void navigate(sessionsPathOf(token)),
    'end-sessions': () => onAsk('end-sessions', token),
    delete: () => onAsk('delete', token),
  };
  return (
    <MenuTrigger>
      <Button variant="quiet" aria-label={`Actions for ${token.name}`}>
        ⋮
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={(action) => actions[String(action)]?.()}>
          <MenuItem className="menu-item" id="edit">
            Edit
          </MenuItem>
          <MenuItem className="menu-item" id="sessions">
            Sessions
          </MenuItem>
          <MenuItem className="menu-item" id="end-sessions">
            End all sessions
          </MenuItem>
          <MenuItem className="menu-item menu-item-danger" id="delete">
            Delete
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
