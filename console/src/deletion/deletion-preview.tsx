import { useDeletionPreview } from '../api/tokens.ts';
import { useNow } from '../design/instant.tsx';
import { QueryState } from '../design/query-state.tsx';
import { ago, utc } from '../design/time.ts';

/** What deleting a token would end, and whether anybody works with it. */
export function DeletionPreview({ stack, uid }: { readonly stack: string; readonly uid: string }) {
  const preview = useDeletionPreview(stack, uid);
  const now = useNow();
  return (
    <QueryState query={preview} what="what deleting would end">
      {({ sessions, last_used_at: at, last_used_client: client, last_refused_at: refusedAt, ...use }) => (
        <section className="preview" aria-label="What deleting would end">
          <dl className="facts">
            <dt>Live sessions</dt>
            <dd>{`${sessions.more ? 'more than ' : ''}${sessions.count.toLocaleString('en-US')}`}</dd>
            <dt>Last used</dt>
            <dd>
              {at ? (
                <>
                  <time dateTime={at} title={utc(at)}>
                    {ago(at, now)}
                  </time>
                  {client && (
                    <>
                      {' '}
                      by <bdi>{client}</bdi>
                    </>
                  )}
                </>
              ) : (
                'Never'
              )}
            </dd>
            {refusedAt && (
              <>
                <dt>Last refused</dt>
                <dd>
                  <time dateTime={refusedAt} title={utc(refusedAt)}>
                    {ago(refusedAt, now)}
                  </time>
                  , by its scope
                </dd>
              </>
            )}
            <dt>In use</dt>
            <dd>
              {use.minutes_used.day} min in the last day, {use.minutes_used.week} min in the last week
            </dd>
          </dl>
          <ul className="warnings">
            {use.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </section>
      )}
    </QueryState>
  );
}
