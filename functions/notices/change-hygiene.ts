import { type Decision, decide, inOrder } from '../hygiene/decide.ts';
import { rearmed } from '../hygiene/schedule.ts';
import { changedHygiene } from '../hygiene/setting-rules.ts';
import type { HygieneSettings } from '../hygiene/settings.ts';
import { auditEntry, operationId } from '../stacks/audit-entry.ts';
import { fieldChanges } from '../stacks/field-changes.ts';
import { isChanged } from '../stacks/not-changed.ts';
import type { Actor } from '../stacks/person.ts';
import type { Stack } from '../stacks/stack.ts';
import { listTokens } from '../tokens/read-tokens.ts';
import type { TokenReads, UsedToken } from '../tokens/token-repository.ts';
import { retryOrConflict } from '../values/lost-race.ts';
import type { Randomness } from '../values/token-value.ts';
import { digestFor } from './digest-entries.ts';
import type { Delivery } from './digest-repository.ts';
import type { HygieneRepository, NoticeIdentity } from './hygiene-repository.ts';

export interface HygieneDependencies {
  readonly tokens: TokenReads;
  readonly hygiene: HygieneRepository;
  readonly now: () => Date;
  readonly random: Randomness;
}

type Fields = Readonly<Record<string, unknown>> | null;
interface Asked {
  /** Uid of who asks. */
  readonly caller: string;
  readonly stack: string;
}

const mostDeliveries = 50;

/** The settings, and what became of the last mails. @throws {Refusal} `stack-not-found`, `not-allowed`, `unavailable` */
export async function readHygiene(
  deps: HygieneDependencies,
  asked: Asked,
): Promise<{ settings: HygieneSettings; deliveries: readonly Delivery[] }> {
  const { stack } = await listTokens(deps.tokens, asked);
  return { settings: stack.hygiene, deliveries: await deps.hygiene.deliveries(stack.api_key, mostDeliveries) };
}

/**
 * Changes the settings and re-arms every token of the stack by them, in one transaction. What changes in between is read again, three
 * times at most.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `conflict`, `unavailable`
 */
export async function changeHygiene(
  deps: HygieneDependencies,
  { actor, stack: key, fields }: { actor: Actor; stack: string; fields: Fields },
): Promise<HygieneSettings> {
  const operation = operationId(deps.now(), deps.random);
  return await retryOrConflict('the tokens of this stack', async () => {
    const { stack: before, tokens } = await listTokens(deps.tokens, { caller: actor.uid, stack: key });
    const settings = changedHygiene(before.hygiene, fields);
    const now = deps.now();
    const after = changed(before, { settings, at: now });
    const changes = changesBetween(before.hygiene, settings);
    if (changes.length === 0) return settings;
    const event = { stack: key, module: 'stack', event_type: 'update', changes } as const;
    const audit = auditEntry({ ...event, metadata: { uid: key, title: before.name } }, { actor, at: now, operation });
    const rearming = tokens.map(({ token }) => ({ token, next: nextOf(token, { before, settings, now }) }));
    const change = { before, after, member: actor.uid, audit, tokens: rearming };
    return isChanged(await deps.hygiene.change(change)) && settings;
  });
}

function changed(stack: Stack, { settings, at }: { settings: HygieneSettings; at: Date }): Stack {
  return { ...stack, hygiene: settings, hygiene_version: stack.hygiene_version + 1, updated_at: at.toISOString() };
}

function changesBetween(before: HygieneSettings, after: HygieneSettings) {
  return fieldChanges(before, after, 'token_hygiene.');
}

function nextOf(
  token: UsedToken['token'],
  { before, settings, now }: { before: Stack; settings: HygieneSettings; now: Date },
) {
  return rearmed(token, { before: before.hygiene, after: settings, now });
}

/** What the next run would do about one token, and why. */
export interface PreviewedToken {
  readonly used: UsedToken;
  readonly decision: Decision;
  readonly why: string;
  /** When people would be mailed of it; null: they would not. */
  readonly mailed_at: string | null;
}

/**
 * What the next run would do at this moment, by the very function that decides in it; with settings that are given, as if they were the
 * stack's. Nothing is changed.
 * @throws {Refusal} `stack-not-found`, `not-allowed`, `invalid`, `unavailable`
 */
export async function previewRun(
  deps: HygieneDependencies,
  { caller, stack: key, fields }: Asked & { readonly fields: Fields },
): Promise<{ now: Date; tokens: readonly PreviewedToken[] }> {
  const { stack, tokens } = await listTokens(deps.tokens, { caller, stack: key });
  const settings = fields ? changedHygiene(stack.hygiene, fields) : stack.hygiene;
  const now = deps.now();
  // As in a change: settings that say nothing new arm nothing anew.
  const armed = changesBetween(stack.hygiene, settings).length
    ? tokens.map(({ token, lastUse }) => ({
        token: { ...token, next: nextOf(token, { before: stack, settings, now }) },
        lastUse,
      }))
    : tokens;
  const cleaned = [...(await deps.hygiene.cleaned(key))];
  const decided = inOrder(armed).map((used): { used: UsedToken; decision: Decision } => {
    const decision = decide(used.token, { settings, cleaned }, now);
    if (decision.does === 'clean_up') cleaned.push(now.toISOString());
    return { used, decision };
  });
  const claimed = await deps.hygiene.claimed(decided.flatMap((one) => noticeOf(one) ?? []));
  const previewed = decided.map(({ used, decision }): PreviewedToken => {
    const notice = claimed.has(used.token.uid) ? null : noticeOf({ used, decision });
    const mailed_at = notice && digestFor(used, { notice, settings, now, closed: null }).send_at;
    return { used, decision, why: whyOf(used, { decision, settings }), mailed_at };
  });
  return { now, tokens: previewed };
}

/** The notice that people would get, unless it was claimed before. */
function noticeOf({ used: { token }, decision }: { used: UsedToken; decision: Decision }): NoticeIdentity | null {
  if (decision.does !== 'notify' && decision.does !== 'hold_back') return null;
  const { expires_at } = decision;
  return { token_uid: token.uid, expires_at, threshold: decision.does === 'notify' ? decision.threshold : 'held_back' };
}

function whyOf(
  { token }: UsedToken,
  { decision, settings }: { decision: Decision; settings: HygieneSettings },
): string {
  const { expires_at: expiry } = token;
  if (expiry === null) return 'It never expires.';
  const limit = settings.max_cleanup_per_day;
  switch (decision.does) {
    case 'notify':
      return decision.threshold === 'expired'
        ? `It expired at ${expiry}.`
        : `It expires at ${expiry}: the warning ${decision.threshold} ${decision.threshold === '1' ? 'day' : 'days'} before is due.`;
    case 'skip':
      return `It expires or expired at ${expiry}: what was to be told is older than 7 days.`;
    case 'clean_up':
      return `It expired at ${expiry}, ${settings.cleanup_after_days} ${settings.cleanup_after_days === 1 ? 'day' : 'days'} ago or more.`;
    case 'hold_back':
      return `It is to be deleted, and the limit of ${limit} in 24 hours is used up until ${decision.until}.`;
    case 'nothing':
      return decision.next ? `Nothing is due before ${decision.next.at}.` : 'Everything has been done about it.';
  }
}
