import { Label, ProgressBar } from 'react-aria-components';
import { usePeople } from '../api/stacks.ts';
import { type Receipt, useReceipt } from '../api/tokens.ts';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { utc } from '../design/time.ts';

/** How far the end of a deleted token's sessions has come; then the receipt. */
export function ReceiptView({ stack, uid }: { readonly stack: string; readonly uid: string }) {
  const receipt = useReceipt(stack, uid);
  return (
    <QueryState query={receipt} what="the receipt">
      {(found) => (
        <section className="receipt" aria-label="Receipt">
          <Notice kind="good">
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
        {reason}, by <bdi>{nameOf(actor)}</bdi>
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
