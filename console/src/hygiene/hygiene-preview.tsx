import { useDeferredValue } from 'react';
import { type HygieneSettings, type HygienePreview as Preview, useHygienePreview } from '../api/hygiene.ts';
import { Instant } from '../design/instant.tsx';
import { QueryState } from '../design/query-state.tsx';
import { utc } from '../design/time.ts';

type PreviewedToken = Preview['tokens'][number];

const deeds: Record<PreviewedToken['does'], { readonly text: string; readonly kind: string }> = {
  nothing: { text: 'Nothing', kind: '' },
  notify: { text: 'Warn', kind: 'pill-warn' },
  skip: { text: 'Skip', kind: '' },
  clean_up: { text: 'Delete', kind: 'pill-bad' },
  hold_back: { text: 'Hold back', kind: 'pill-warn' },
};

/** What the next run would do, token by token, by the settings as they are in the form. */
export function HygienePreview({
  stack,
  settings,
  isChanged,
}: {
  readonly stack: string;
  readonly settings: HygieneSettings;
  readonly isChanged: boolean;
}) {
  const preview = useHygienePreview(stack, useDeferredValue(settings));
  return (
    <section className="section" aria-labelledby="preview-title">
      <h2 id="preview-title">What the next run would do</h2>
      <p className="hint">
        {isChanged ? 'By the settings in this form, which are not saved yet.' : 'By the settings as they are.'}
      </p>
      <QueryState query={preview} what="the preview">
        {({ tokens }) => <PreviewList tokens={tokens} />}
      </QueryState>
    </section>
  );
}

function PreviewList({ tokens }: { readonly tokens: readonly PreviewedToken[] }) {
  const acted = tokens.filter(({ does }) => does !== 'nothing');
  const others = tokens.length - acted.length;
  return (
    <>
      <ul className="preview-list">
        {acted.map((token) => (
          <li key={token.uid}>
            <span className={`pill ${deeds[token.does].kind}`}>{deeds[token.does].text}</span>{' '}
            <bdi className="token-name">{token.name}</bdi>
            <span className="hint">
              {token.why}
              {token.mailed_at && <> Mailed {<Instant at={token.mailed_at} />}.</>}
            </span>
          </li>
        ))}
      </ul>
      {others > 0 && (
        <details>
          <summary>
            Nothing for {others} {others === 1 ? 'token' : 'tokens'}
          </summary>
          <ul className="preview-list">
            {tokens
              .filter(({ does }) => does === 'nothing')
              .map(({ uid, name, why, next }) => (
                <li key={uid}>
                  <bdi className="token-name">{name}</bdi>
                  <span className="hint">{next ? `Nothing is due before ${utc(next.at)}.` : why}</span>
                </li>
              ))}
          </ul>
        </details>
      )}
    </>
  );
}
