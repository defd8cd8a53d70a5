import { Label, ProgressBar } from 'react-aria-components';
import { usePeople } from '../api/stacks.ts';
import { type Receipt, useReceipt } from '../api/tokens.ts';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { utc } from '../design/time.ts';

/** What a person reads for a reason; another one is shown as it is. */
const reasons: Readonly<Record<string, string>> = {
  deleted: 'Deleted',
  cleaned_up: 'Cleaned up after it expired',
  ended_all: 'All sessions ended',
  expired_now: 'Expired at once',
  revoked_by_holder: 'Revoked by whoever holds its value',
  idle: 'Stopped because nobody used it',
  extended: 'Extended after it had expired',
};

/** After these the token itself is good: only sessions of before are not. */
const keepsToken = ['ended_all', 'extended'];

/** How far the end of a token's sessions has come; then the receipt. */
export function ReceiptView({ stack, uid }: { readonly stack: string; readonly uid: string }) {
  const receipt = useReceipt(stack, uid);
  return (
    <QueryState query={receipt} what="the receipt">
      {(found) => (
        <section className="receipt" aria-label="Receipt">
          <Notice kind="good">
            {keepsToken.includes(found.reason) && 'Every session that was opened before with '}
            <bdi className="token-name">{found.token_name}</bdi> has been refused everywhere since{' '}
            {utc(found.refused_from)}.
          </Notice>
          {found.state !== 'completed' && <Progress receipt={found} />}
          <Facts stack={stack} receipt={found} />
        </section>
      )}
    </QueryState>
  );
}

function Progress({
  receipt: { sessions, state, stuck_because: why, next_try_at: next },
}: {
  readonly receipt: Receipt;
}) {
  return (
    <>
      <ProgressBar className="progress" isIndeterminate>
        <Label>Tidying up: {sessions.ended.toLocaleString('en-US')} sessions ended so far</Label>
        <span className="progress-track" aria-hidden="true" />
      </ProgressBar>
      {state === 'stuck' && (
        <Notice kind="warn">
          The tidying up is held up: {why}. {next && `It is tried again at ${utc(next)}.`}
        </Notice>
      )}
    </>
  );
}

function Facts({ stack, receipt }: { readonly stack: string; readonly receipt: Receipt }) {
  const nameOf = usePeople(stack);
  const { sessions, tidied_ms: ms, completed_at: at, reason, actor, token_uid: uid } = receipt;
  return (
    <dl className="facts">
      <dt>Token</dt>
      <dd>
        <code>{uid}</code>
      </dd>
      <dt>Reason</dt>
      <dd>
        {reasons[reason] ?? reason}, by <bdi>{nameOf(actor)}</bdi>
      </dd>
      <dt>Sessions</dt>
      <dd>
        {sessions.total === null
          ? `${sessions.ended} ended so far`
          : `${sessions.ended} of ${sessions.total} ended, ${sessions.remaining ?? 0} remaining`}
      </dd>
      {ms && (
        <>
          <dt>Tidied within</dt>
          <dd>
            {ms.p50} ms (half), {ms.p99} ms (99 %), {ms.max} ms (all)
          </dd>
        </>
      )}
      <dt>Completed</dt>
      <dd>{at ? utc(at) : 'not yet'}</dd>
    </dl>
  );
}
