import { useState } from 'react';
import type { SortDescriptor } from 'react-aria-components';
import { Input, Label, ListBox, ListBoxItem, Popover, SearchField, Select, SelectValue } from 'react-aria-components';
import { useNavigate } from 'react-router';
import type { Stack } from '../api/stacks.ts';
import { usePeople } from '../api/stacks.ts';
import { type Token, useTokens } from '../api/tokens.ts';
import { DeleteTokenDialog } from '../deletion/delete-token-dialog.tsx';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { EndAllSessionsDialog } from '../sessions/end-all-sessions-dialog.tsx';
import { type Filter, filters, isFilter, tokensWanted } from './token-filters.ts';
import { TokenTable } from './token-table.tsx';
import { TokensPage } from './tokens-page.tsx';

type Asked = { readonly what: 'delete' | 'end-sessions'; readonly token: Token };

/** The list of management tokens. */
export function TokenListPage() {
  const { key, stack } = useStackOfPage();
  const tokens = useTokens(key);
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const isFull = stack !== undefined && (tokens.data?.length ?? 0) >= stack.plan.max_tokens;
  const add = () => void navigate(`/stack/${key}/settings/tokens/add`);
  return (
    <TokensPage
      actions={
        <>
          <Button isBusy={tokens.isFetching} onPress={() => void tokens.refetch()}>
            Refresh
          </Button>
          <Button variant="primary" isDisabled={isFull} onPress={add}>
            + Management Token
          </Button>
        </>
      }
    >
      <QueryState query={tokens} what="the tokens">
        {(found) =>
          stack && <TokenList stack={stack} tokens={found} onAsk={(what, token) => setAsked({ what, token })} />
        }
      </QueryState>
      {asked?.what === 'delete' && <DeleteTokenDialog stack={key} token={asked.token} onClose={() => setAsked(null)} />}
      {asked?.what === 'end-sessions' && (
        <EndAllSessionsDialog stack={key} token={asked.token} onClose={() => setAsked(null)} />
      )}
    </TokensPage>
  );
}

interface TokenListProps {
  readonly stack: Stack;
  readonly tokens: readonly Token[];
  readonly onAsk: (what: Asked['what'], token: Token) => void;
}

function TokenList({ stack, tokens, onAsk }: TokenListProps) {
  const [filter, setFilter] = useState<Filter>('all');
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<SortDescriptor>({ column: 'created', direction: 'descending' });
  const nameOf = usePeople(stack.api_key);
  const wanted = tokensWanted(tokens, { filter, search, sort, nameOf });
  const { max_tokens: most } = stack.plan;
  const clear = () => {
    setFilter('all');
    setSearch('');
  };
  return (
    <>
      {tokens.length >= most && (
        <Notice kind="warn">All {most} tokens of this stack’s plan are in use. Delete one to make another.</Notice>
      )}
      <div className="toolbar">
        <SearchField className="search" value={search} onChange={setSearch} aria-label="Search tokens">
          <Input className="input" placeholder="Search tokens" />
        </SearchField>
        <FilterSelect value={filter} onChange={setFilter} />
        <p className="count" role="status">
          {wanted.length < tokens.length && `${wanted.length} shown · `}
          {tokens.length} of {most}
        </p>
      </div>
      <TokenTable
        tokens={wanted}
        sort={sort}
        onSort={setSort}
        onAsk={onAsk}
        empty={tokens.length === 0 ? <NoTokens /> : <NoneFound onClear={clear} />}
      />
    </>
  );
}

function FilterSelect({ value, onChange }: { readonly value: Filter; readonly onChange: (filter: Filter) => void }) {
  return (
    <Select className="select" value={value} onChange={(chosen) => isFilter(chosen) && onChange(chosen)}>
      <Label className="visually-hidden">Show</Label>
      <Button>
        <SelectValue /> <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover">
        <ListBox className="menu" items={Object.entries(filters).map(([id, name]) => ({ id, name }))}>
          {({ id, name }) => (
            <ListBoxItem className="menu-item" id={id}>
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

function NoTokens() {
  return (
    <div className="empty">
      <h2>There are no management tokens</h2>
      <p>A program that changes content needs one. Press “+ Management Token” to make the first.</p>
    </div>
  );
}

function NoneFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <div className="empty">
      <h2>No token is like that</h2>
      <Button onPress={onClear}>Show all tokens</Button>
    </div>
  );
}
