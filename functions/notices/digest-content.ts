import { compareTexts } from '../values/compare-texts.ts';
import { dayMs } from '../values/duration.ts';
import type { Digest, DigestEntry } from './digest.ts';
import { inSubject, isVisible } from './given-text.ts';

/** Words of ours, and between them words that somebody else chose, which are set apart wherever they are shown. */
export type Words = readonly (string | { readonly given: string })[];

/** What a digest says, in HTML and in plain text alike. */
export interface DigestContent {
  readonly subject: string;
  readonly title: Words;
  readonly paragraphs: readonly string[];
  readonly sections: readonly { readonly title: string; readonly tokens: readonly DigestToken[] }[];
  readonly footer: Words;
}

export interface DigestToken {
  readonly name: string;
  /** What is said beside the name. */
  readonly remark: string;
  readonly link: string | null;
  readonly facts: readonly { readonly label: string; readonly value: Words }[];
}

/** Sorts a digest and puts it in words. @throws {RangeError} for a time zone that is none, and without entries */
export function digestContent(digest: Digest): DigestContent {
  const { stack, entries, again, now } = digest;
  const sections = sectionsOf(entries, now);
  const stackName = { given: visible(stack.name, stack.api_key) };
  return {
    subject: subjectOf(digest, sections),
    title: ['Tokens of ', stackName],
    paragraphs: [
      attention(entries),
      ...(again ? ['You may have this mail already: it is not known whether an earlier try reached you.'] : []),
    ],
    sections: sections.map((section) => ({
      title: titles[section.urgency],
      tokens: section.entries.map((entry) => ({
        name: visible(entry.name, entry.uid),
        remark: `value ends in ${entry.hint}${entry.in_use ? ', in use' : ''}`,
        link: entry.link,
        facts: factsOf(entry, digest),
      })),
    })),
    footer: [
      'You get this because you look after the tokens of ',
      stackName,
      ` (${stack.api_key}), or made one of them. The stack's token hygiene says who is told, of what, and when.`,
    ],
  };
}

function visible(name: string, otherwise: string): string {
  return isVisible(name) ? name : otherwise;
}

function attention(entries: readonly DigestEntry[]): string {
  const inUse = entries.filter(({ in_use }) => in_use).length;
  if (entries.length === 1) return `1 token needs your attention. It is ${inUse === 1 ? 'in use' : 'not in use'}.`;
  return `${entries.length} tokens need your attention, ${inUse === 0 ? 'none' : inUse} of them in use.`;
}

/** The most urgent first: what has stopped somebody's work comes before what will, and what harms nobody any more comes last. */
const titles = {
  stopped: 'Expired while in use',
  day: 'Expire within a day',
  week: 'Expire within 7 days',
  later: 'Expire later',
  expired: 'Expired',
  held_back: 'Clean-up held back',
};
type Urgency = keyof typeof titles;

interface Section {
  readonly urgency: Urgency;
  readonly entries: readonly [DigestEntry, ...DigestEntry[]];
}

function sectionsOf(entries: readonly DigestEntry[], now: Date): Section[] {
  const groups = Map.groupBy(entries, (entry) => urgencyOf(entry, now));
  return (Object.keys(titles) as Urgency[]).flatMap((urgency) => {
    const [first, ...others] = (groups.get(urgency) ?? []).toSorted(inUseThenSoonest);
    return first ? [{ urgency, entries: [first, ...others] }] : [];
  });
}

function urgencyOf({ what, in_use, expires_at }: DigestEntry, now: Date): Urgency {
  if (what === 'cleanup_held_back') return 'held_back';
  const left = Date.parse(expires_at) - now.getTime();
  if (what === 'expired' || left <= 0) return in_use ? 'stopped' : 'expired';
  if (left <= dayMs) return 'day';
  return left <= 7 * dayMs ? 'week' : 'later';
}

function inUseThenSoonest(a: DigestEntry, b: DigestEntry): number {
  return (
    Number(b.in_use) - Number(a.in_use) ||
    Date.parse(a.expires_at) - Date.parse(b.expires_at) ||
    compareTexts(nameAndUid(a), nameAndUid(b))
  );
}

function nameAndUid({ name, uid }: DigestEntry): string {
  return `${name}\0${uid}`;
}

/** What is most urgent, and that there is more. */
function subjectOf({ stack, entries, now }: Digest, [first]: readonly Section[]): string {
  if (!first) throw new RangeError('a digest tells of one token at least');
  const stackName = inSubject(visible(stack.name, stack.api_key));
  const [{ name, uid }, ...others] = first.entries;
  const who = others.length > 0 ? `${first.entries.length} tokens` : `Token “${inSubject(visible(name, uid))}”`;
  const more = entries.length - first.entries.length;
  return `${who} of ${stackName} ${verbOf(first, now)}${more > 0 ? `, and ${more} more` : ''}`;
}

function verbOf({ urgency, entries }: Section, now: Date): string {
  const isOne = entries.length === 1;
  switch (urgency) {
    case 'stopped':
      return 'expired while in use';
    case 'expired':
      return isOne ? 'has expired' : 'have expired';
    case 'held_back':
      return isOne ? 'waits for clean-up' : 'wait for clean-up';
    default: {
      const last = Math.max(...entries.map(({ expires_at }) => Date.parse(expires_at)));
      const days = Math.ceil((last - now.getTime()) / dayMs);
      return `${isOne ? 'expires' : 'expire'} within ${days === 1 ? 'a day' : `${days} days`}`;
    }
  }
}

function factsOf(entry: DigestEntry, digest: Digest): DigestToken['facts'] {
  const { last_use, created_by, expires_at } = entry;
  const at = (instant: string) => instantIn(digest.time_zone, instant);
  const isPast = isExpired(entry, digest.now);
  return [
    { label: isPast ? 'Expired' : 'Expires', value: [at(expires_at)] },
    {
      label: 'Last used',
      value: last_use
        ? [`${at(last_use.at)}, by `, { given: visible(last_use.client, 'a client without a name') }]
        : ['no use is known'],
    },
    { label: 'Made by', value: [{ given: created_by }] },
    { label: 'If nobody acts', value: [`${outcomeOf(entry, isPast)} ${deletionOf(entry, at)}`] },
  ];
}

function isExpired({ what, expires_at }: DigestEntry, now: Date): boolean {
  return what !== 'expiring' || Date.parse(expires_at) <= now.getTime();
}

function outcomeOf({ what, in_use }: DigestEntry, isPast: boolean): string {
  if (what === 'cleanup_held_back')
    return 'Clean-up was due and was held back: it deletes only so many tokens of a stack in 24 hours.';
  if (isPast) return in_use ? 'What still uses it stays refused.' : 'It stays refused.';
  return in_use ? 'What uses it is refused from then on, and its sessions end.' : 'It is refused from then on.';
}

function deletionOf({ what, cleaned_up_at }: DigestEntry, at: (instant: string) => string): string {
  if (cleaned_up_at === null) return 'It is not deleted by itself, and a later expiry makes it good again.';
  const earliest = what === 'cleanup_held_back' ? ' at the earliest' : '';
  return `It is deleted for good on ${at(cleaned_up_at)}${earliest}; until then a later expiry makes it good again.`;
}

/** `Mon 23 Nov 2026, 00:00 Europe/Berlin (Sun 22 Nov 2026, 23:00 UTC)`; the second tells the two same hours of an autumn night apart. */
function instantIn(timeZone: string, instant: string): string {
  const there = wallTime(timeZone, instant);
  return there.zone === 'UTC'
    ? `${there.time} UTC`
    : `${there.time} ${timeZone} (${wallTime('UTC', instant).time} UTC)`;
}

/** Making a format costs many times what using it costs. There are as many as there are time zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  // Stryker disable next-line CallExpression: only slower
  formats.set(timeZone, format);
  return format;
}

function wallTime(timeZone: string, instant: string): { zone: string; time: string } {
  const format = formatIn(timeZone);
  const part = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  const time = `${part.weekday} ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
  return { zone: format.resolvedOptions().timeZone, time };
}
