import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import type { DigestEntry } from '../../functions/notices/digest.ts';
import { renderDigest } from '../../functions/notices/digest-mail.ts';
import { digest, entry, later, namesIn, now } from './digest-like.ts';

describe('a digest, as its reader sees it', () => {
  it('says of each token when it expires, who uses it, who made it, what happens next, and where to act', () => {
    const expired = { what: 'expired', expires_at: '2026-11-21T23:00:00Z', in_use: false, last_use: null } as const;
    const entries = [entry({ ...expired, name: 'old', cleaned_up_at: null, link: null }), entry()];
    const { subject, text } = renderDigest(digest(entries, { again: true }));
    expect(subject).toBe('Token “deploy” of Acme website expires within a day, and 1 more');
    expect(text).toBe(`Tokens of Acme website

2 tokens need your attention, 1 of them in use.

You may have this mail already: it is not known whether an earlier try reached you.

Expire within a day
===================

* deploy (value ends in a1B2, in use)
  Expires: Mon 23 Nov 2026, 08:00 Europe/Berlin (Mon 23 Nov 2026, 07:00 UTC)
  Last used: Sun 22 Nov 2026, 08:59 Europe/Berlin (Sun 22 Nov 2026, 07:59 UTC), by ci runner
  Made by: olivia@example.test
  If nobody acts: What uses it is refused from then on, and its sessions end. It is deleted for good on Wed 23 Dec 2026, 08:00 Europe/Berlin (Wed 23 Dec 2026, 07:00 UTC); until then a later expiry makes it good again.
  Page: https://console.example/tokens/aa?stack=blt99&tab=1

Expired
=======

* old (value ends in a1B2)
  Expired: Sun 22 Nov 2026, 00:00 Europe/Berlin (Sat 21 Nov 2026, 23:00 UTC)
  Last used: no use is known
  Made by: olivia@example.test
  If nobody acts: It stays refused. It is not deleted by itself, and a later expiry makes it good again.

-- 
You get this because you look after the tokens of Acme website (blt0000000000000099), or made one of them. The stack's token hygiene says who is told, of what, and when.
`);
  });

  it('says the same in HTML', () => {
    const { html, text } = renderDigest(digest([entry(), later], { again: true }));
    const page = readable(html);
    const lines = text.split('\n').filter((line) => !/^(=+|-- )$|^ {2}Page: /.test(line));
    for (const part of lines.flatMap((line) => line.replace(/^\* | \(value.*$/g, '').split(/(?<=^ {2}[A-Z][\w ]+): /)))
      expect(page).toContain(part.trim());
    expect(page).toContain('value ends in a1B2, in use');
    expect(elements(html, 'a').map((link) => attribute(link, 'href'))).toEqual([entry().link, later.link]);
  });

  it.each([
    ['is in use', entry(), 'What uses it is refused from then on, and its sessions end. It is deleted for good on'],
    ['is idle', entry({ in_use: false }), 'It is refused from then on. It is deleted for good on'],
    ['expired while in use', entry({ what: 'expired' }), 'What still uses it stays refused.'],
    ['expired', entry({ what: 'expired', in_use: false }), 'It stays refused.'],
    ['is not cleaned up', entry({ cleaned_up_at: null }), 'It is not deleted by itself, and a later expiry makes'],
    ['was kept back', entry({ what: 'cleanup_held_back' }), 'deletes only so many tokens of a stack in 24 hours.'],
    [
      'goes later',
      entry({ what: 'cleanup_held_back' }),
      'Wed 23 Dec 2026, 08:00 Europe/Berlin (Wed 23 Dec 2026, 07:00 UTC) at the earliest',
    ],
  ])('of a token that %s says what happens if nobody acts', (_, token, sentence) => {
    const { text, html } = renderDigest(digest([token]));
    expect(text).toContain(sentence);
    expect(readable(html)).toContain(sentence);
  });

  it('says whether it was sent before only when it may have been', () => {
    expect(renderDigest(digest([entry()])).text).not.toContain('already');
  });
});

describe('the order', () => {
  it('is the most urgent first, then tokens in use before idle ones, then the soonest', () => {
    const at = (name: string, expires_at: string, fields: Partial<DigestEntry> = {}) =>
      entry({ name, expires_at, in_use: false, ...fields });
    const entries = [
      at('held back', '2026-10-01T00:00:00Z', { what: 'cleanup_held_back' }),
      at('idle, long expired', '2026-11-01T00:00:00Z', { what: 'expired' }),
      at('in 30 days', '2026-12-22T08:00:00Z', { in_use: true }),
      at('in a week', '2026-11-29T08:00:00Z'),
      at('in a week, in use', '2026-11-29T08:00:00Z', { in_use: true }),
      at('in 1 hour', '2026-11-22T09:00:00Z'),
      at('in 23 hours, in use', '2026-11-23T07:00:00Z', { in_use: true }),
      at('in 2 hours, in use', '2026-11-22T10:00:00Z', { in_use: true }),
      at('expired meanwhile, in use', '2026-11-22T07:59:59Z', { in_use: true }),
    ];
    const expected = [...entries.keys()].reverse().map((index) => entries[index]?.name);
    expected.splice(1, 3, 'in 2 hours, in use', 'in 23 hours, in use', 'in 1 hour');
    for (const given of [entries, entries.toReversed(), entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))])
      expect(namesIn(renderDigest(digest(given)).text)).toEqual(expected);
  });

  it('is that of names, and of uids where even those are the same', () => {
    const named = (name: string, uid: string) => entry({ name, uid, hint: uid });
    const entries = [named('b', '1'), named('a', '3'), named('c', '0'), named('a', '2')];
    for (const given of [entries, entries.toReversed()]) {
      const { text } = renderDigest(digest(given));
      expect([...text.matchAll(/^\* (\w) \(value ends in (\d)/gm)].map(([, name, uid]) => `${name}${uid}`)).toEqual([
        'a2',
        'a3',
        'b1',
        'c0',
      ]);
    }
  });

  it.each([
    [[entry()], 'Token “deploy” of Acme website expires within a day'],
    [[entry(), entry({ uid: 'b' })], '2 tokens of Acme website expire within a day'],
    [[entry({ expires_at: '2026-11-27T08:00:00Z' })], 'Token “deploy” of Acme website expires within 5 days'],
    [[later, entry({ expires_at: '2026-12-02T08:00:00Z' })], '2 tokens of Acme website expire within 30 days'],
    [[entry({ what: 'expired' }), later, later], 'Token “deploy” of Acme website expired while in use, and 2 more'],
    [[entry({ expires_at: now.toISOString() })], 'Token “deploy” of Acme website expired while in use'],
    [[entry({ what: 'expired', in_use: false })], 'Token “deploy” of Acme website has expired'],
    [Array(3).fill(entry({ what: 'expired', in_use: false })), '3 tokens of Acme website have expired'],
    [[entry({ what: 'cleanup_held_back' })], 'Token “deploy” of Acme website waits for clean-up'],
  ])('gives the subject %#', (entries, subject) => {
    expect(renderDigest(digest(entries)).subject).toBe(subject);
  });

  it('needs something to tell', () => {
    expect(() => renderDigest(digest([]))).toThrow(new RangeError('a digest tells of one token at least'));
  });
});

describe('an instant', () => {
  const expires = (expires_at: string, time_zone: string) =>
    /Expire[sd]: (.*)/.exec(renderDigest(digest([entry({ expires_at })], { time_zone })).text)?.[1];

  it.each([
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', 'Sun 25 Oct 2026, 02:30 Europe/Berlin (Sun 25 Oct 2026, 00:30 UTC)'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', 'Sun 25 Oct 2026, 02:30 Europe/Berlin (Sun 25 Oct 2026, 01:30 UTC)'],
    ['2027-03-28T01:00:00Z', 'Europe/Berlin', 'Sun 28 Mar 2027, 03:00 Europe/Berlin (Sun 28 Mar 2027, 01:00 UTC)'],
    ['2027-01-01T00:00:00Z', 'Asia/Kathmandu', 'Fri 1 Jan 2027, 05:45 Asia/Kathmandu (Fri 1 Jan 2027, 00:00 UTC)'],
    ['2027-01-01T00:00:00Z', 'UTC', 'Fri 1 Jan 2027, 00:00 UTC'],
    ['2027-01-01T00:00:00Z', 'Etc/UTC', 'Fri 1 Jan 2027, 00:00 UTC'],
  ])('%s is shown in %s and in UTC', (instant, zone, shown) => {
    expect(expires(instant, zone)).toBe(shown);
  });
});

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '&lt;b&gt; &amp; </bdi></title></style>',
  "'; DROP TABLE tokens; --",
  'https://evil.example/login',
  '🏳️‍🌈👩‍👩‍👧‍👦'.repeat(5),
  '﷽'.repeat(50),
  'שלום 123 (عربي)',
];
const controls = [
  'a\r\nBcc: x@evil.example\r\n\r\nbody',
  'a\u2028b\u2029c',
  '\u202eevil\u2066',
  'a\u0000\u001b[31mb',
  '\ud800',
];

describe('names that somebody chose to do harm', () => {
  it.each(hostile)('%s is shown as it is and does nothing', (name) => {
    const stack = { name, api_key: 'blt99' };
    const given = entry({ name, created_by: name, last_use: { at: '2026-11-22T07:00:00Z', client: name } });
    const { html, subject } = renderDigest(digest([given], { stack }));
    expect(elements(html, 'bdi').map(textOf)).toEqual([name, name, name, name, name]);
    expect(elements(html, 'title').map(textOf)).toEqual([subject]);
    const plain = renderDigest(digest([entry({ last_use: null })])).html;
    const known = new Set(elements(plain).map(({ tagName }) => tagName));
    expect(elements(html).filter(({ tagName }) => !known.has(tagName))).toEqual([]);
    expect(elements(html).flatMap(({ attrs }) => attrs.filter((one) => one.name.startsWith('on')))).toEqual([]);
  });

  it.each([...hostile, ...controls, '\u200b\u2060', 'é'.repeat(2000)])('%j cannot disturb the subject', (name) => {
    for (const entries of [[entry({ name })], [entry({ name }), entry()]]) {
      const { subject } = renderDigest(digest(entries, { stack: { name, api_key: 'blt99' } }));
      expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(subject.replace(/\u2068[^\u2068\u2069]*\u2069/g, '')).not.toMatch(/\p{Cf}/u);
      expect([...subject].length).toBeLessThan(180);
    }
  });

  it.each(controls)('%j stays on its line of the text', (name) => {
    const { text } = renderDigest(
      digest([entry({ name, created_by: name, last_use: { at: now.toISOString(), client: name } })]),
    );
    const usual = renderDigest(digest([entry()])).text;
    expect(text.split('\n').length).toBe(usual.split('\n').length);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
  });

  it('has what cannot be seen named by its uid', () => {
    const { subject, text } = renderDigest(digest([entry({ name: '\u200b\u2060' })]));
    expect(subject).toContain('“blt00000000000000aa”');
    expect(namesIn(text)).toEqual(['blt00000000000000aa']);
  });

  it('sets right-to-left names apart, so that what follows stays in its place', () => {
    const { subject, text } = renderDigest(digest([entry({ name: 'שלום' })]));
    expect(subject).toContain('Token “\u2068שלום\u2069” of');
    expect(text).toContain('* \u2068שלום\u2069 (value');
  });
});

describe('the HTML', () => {
  const { html } = renderDigest(digest([entry(), later]));

  it('is a whole document in one language and direction, for small screens, light and dark', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/);
    const meta = Object.fromEntries(
      elements(html, 'meta').map((one) => [attribute(one, 'name'), attribute(one, 'content')]),
    );
    expect(meta).toMatchObject({ viewport: 'width=device-width, initial-scale=1', 'color-scheme': 'light dark' });
    const [style] = elements(html, 'style').map(textOf);
    expect(style).toContain('@media (prefers-color-scheme: dark)');
    expect(style).not.toContain('&');
  });

  it('loads nothing and runs nothing', () => {
    const tags = elements(html).map(({ tagName }) => tagName);
    expect(tags.filter((tag) => /^(img|script|link|iframe|object|embed|form|svg|video|audio|base)$/.test(tag))).toEqual(
      [],
    );
    expect(elements(html, 'style').map(textOf).join()).not.toMatch(/url\(|@import|@font-face/);
    const loading = elements(html).flatMap(({ attrs }) =>
      attrs.filter(({ name }) => /^(src|srcset|background|style)$/.test(name)),
    );
    expect(loading).toEqual([]);
    expect(html.match(/https?:\/\/[^/"]*/g)).toEqual(['https://console.example', 'https://console.example']);
  });
});

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.ChildNode;

/** The elements that a browser would see. */
function elements(html: string, tag?: string): Element[] {
  const below = (nodes: readonly Node[]): Element[] =>
    nodes.flatMap((node) =>
      'childNodes' in node ? [...('tagName' in node ? [node] : []), ...below(node.childNodes)] : [],
    );
  return below(parse(html).childNodes).filter(({ tagName }) => tag === undefined || tagName === tag);
}

function textOf(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value;
}

function readable(html: string): string {
  return elements(html, 'body').map(textOf).join('');
}
