import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestOf, mintSessionValue, mintTokenValue, mintUid } from '../../functions/values/token-value.ts';

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

/** What stands around a value where it leaks; `V` is the value. */
const surroundings: readonly (readonly [where: string, text: string])[] = [
  ['alone', 'V'],
  ['JSON', '{"authorization":"V","api_key":"blt0123456789abcdef"}'],
  ['JSON in JSON', '{"body":"{\\"token\\":\\"V\\"}"}'],
  ['an env file', 'TOKEN=V\nOTHER=1\n'],
  ['a quoted variable', "export TOKEN='V'"],
  ['YAML', 'token: V\nnext: 1'],
  ['a header', 'authorization: Bearer V\r\naccept: */*'],
  ['a URL', 'https://api.example/v3/environments?token=V&page=2'],
  ['an escaped URL', 'https://login.example/?next=%2Fuse%3Ftoken%3DV%26page%3D2'],
  ['a log line', '2026-01-01T00:00:00Z INFO sent V, got 200'],
  ['an escaped log line', '"line one\\nV\\nline three"'],
  ['Markdown', 'Use _V_ or `V`.'],
  ['source code', 'const client = make("V");'],
];

const management = () => mintTokenValue(uid(), randomBytes);
const session = () => mintSessionValue(uid(), uid(), randomBytes);
const kinds = [
  ['tokenward-management-token', management],
  ['tokenward-session', session],
] as const;

/** What is none of these values, however like it looks; made anew by each run. */
const others: readonly (readonly [what: string, make: () => string])[] = [
  ['a uid or an api key', uid],
  ['a digest', () => digestOf(management())],
  ['a UUID', randomUUID],
  ['what logs show instead of a value', () => `${management().slice(0, 20)}[redacted]`],
  ['a value without its last character', () => management().slice(0, -1)],
  ['a value with one character more', () => `${session()}a`],
  ['a value in capitals', () => session().toUpperCase()],
  ["Contentstack's own form", () => `cs${randomBytes(20).toString('hex')}`],
  ['a checkout session of a payment service', () => `cs_test_${randomBytes(29).toString('hex')}`],
  ['another service with such a prefix', () => `cs_${randomBytes(32).toString('hex')}`],
  ['a JWT', () => ['{"alg":"ES256"}', '{"sub":"a"}', randomBytes(64)].map(base64url).join('.')],
  ['a password hash', () => `$2b$12$${randomBytes(40).toString('hex').slice(0, 53)}`],
];

describe('the rules for secret scanners', () => {
  const rules = rulesOf(text('security/gitleaks.toml'));

  it('are one for each kind of value', () => {
    expect(rules.map(({ id }) => id)).toEqual(kinds.map(([id]) => id));
  });

  it.each(surroundings)('find a value in %s, whole, and say of which kind it is', (_where, around) => {
    for (const [id, mint] of kinds) {
      const value = mint();
      expect(found(rules, around.replaceAll('V', value))).toEqual(around.match(/V/g)?.map(() => [id, value]));
    }
  });

  it('find whatever is minted', () => {
    for (const [id, mint] of kinds)
      for (const value of Array.from({ length: 1000 }, mint))
        expect(found(rules, `t=${value};`)).toEqual([[id, value]]);
  });

  it.each(others)('do not find %s', (_what, make) => {
    for (const [, around] of surroundings) expect(found(rules, around.replaceAll('V', make()))).toEqual([]);
  });

  it('are regular expressions that RE2 and Hyperscan can run: they look neither ahead nor behind, nor back', () => {
    for (const { regex } of rules) expect(regex.source).not.toMatch(/\(\?[=!<]|\\[1-9k]/);
  });

  it("are the formats that SECURITY.md gives for GitHub's custom patterns", () => {
    const formats = rules.map(({ regex }) => /^\((.*?)\)/.exec(regex.source)?.[1]);
    const given = [...text('SECURITY.md').matchAll(/^Secret format: (.*)$/gm)].map(([, format]) => format);
    expect(given).toEqual(formats);
  });
});

interface Rule {
  readonly id: string;
  readonly regex: RegExp;
  readonly keyword: string;
}

/** Of each rule what gitleaks asks: the keyword, in small letters, has to be there before the expression is tried. */
function rulesOf(toml: string): readonly Rule[] {
  const [, ...tables] = toml.split('[[rules]]');
  return tables.map((table) => ({
    id: captured(/^id = "(.*)"$/m, table),
    regex: new RegExp(captured(/^regex = '''(.*)'''$/m, table), 'g'),
    keyword: captured(/^keywords = \["(.*)"\]$/m, table),
  }));
}

function captured(pattern: RegExp, from: string): string {
  const [, part] = pattern.exec(from) ?? [];
  if (part === undefined) throw new Error(`${pattern} is not in: ${from}`);
  return part;
}

function found(rules: readonly Rule[], within: string): (readonly [id: string, secret: string | undefined])[] {
  return rules
    .filter(({ keyword }) => within.toLowerCase().includes(keyword))
    .flatMap(({ id, regex }) => [...within.matchAll(regex)].map(([, secret]) => [id, secret] as const));
}

function uid(): string {
  return mintUid(randomBytes);
}

function base64url(part: string | Buffer): string {
  return Buffer.from(part).toString('base64url');
}
