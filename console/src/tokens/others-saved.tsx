import { usePeople } from '../api/stacks.ts';
import type { Token } from '../api/tokens.ts';
import { Button } from '../design/button.tsx';
import { Instant } from '../design/instant.tsx';
import { Notice } from '../design/notice.tsx';
import { effectsOf } from './effects.ts';
import { changedParts, formOf, type Part, type TokenForm } from './token-form.ts';

/** Somebody else saved while this form was open. */
export interface Overtaken {
  /** As it was read when the form was opened. */
  readonly before: Token;
  readonly now: Token;
  /** What had been typed. */
  readonly mine: TokenForm;
}

const labels: Record<Part, string> = {
  name: 'name',
  description: 'description',
  accesses: 'permissions',
  allBranches: 'branches',
  branches: 'branches',
  aliases: 'aliases',
  expiresOn: 'expiry',
  isNotified: 'notification',
  limits: 'rate limits',
};

/** Who saved what meanwhile, and what becomes of it when Save is pressed now. */
export function OthersSaved({
  overtaken: { before, now, mine },
  onTakeTheirs,
}: {
  readonly overtaken: Overtaken;
  readonly onTakeTheirs: () => void;
}) {
  const nameOf = usePeople(now.api_key);
  const theirs = effectsOf(formOf(before), formOf(now));
  const changedByThem = changedParts(formOf(before), formOf(now));
  const both = changedParts(formOf(before), mine).filter((part) => changedByThem.includes(part));
  return (
    <Notice kind="bad" takesFocus>
      <p>
        <bdi>{nameOf(now.updated_by)}</bdi> has saved this token meanwhile (<Instant at={now.updated_at} />
        ). Nothing of yours was saved yet, and what you typed is still here.
      </p>
      <ul className="warnings">
        {[...theirs.narrows, ...theirs.widens, ...theirs.others].map((text) => (
          <li key={text}>
            <bdi>{text}</bdi>
          </li>
        ))}
      </ul>
      {both.length > 0 && (
        <p>
          You both changed: {[...new Set(both.map((part) => labels[part]))].join(', ')}. Saving now puts yours in the
          place of theirs.
        </p>
      )}
      <Button onPress={onTakeTheirs}>Discard mine, take theirs</Button>
    </Notice>
  );
}
