import fc from 'fast-check';
import { knownModules } from '../../functions/tokens/scope.ts';

/** A request that somebody might send, good in some parts and odd in others. */
export interface OddRequest {
  readonly route: (typeof routes)[number];
  /** `mine` is replaced by the uid of a token that is there. */
  readonly uid: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export const routes = [
  'POST /v3/stacks/management_tokens',
  'PUT /v3/stacks/management_tokens/{uid}',
  'DELETE /v3/stacks/management_tokens/{uid}',
  'POST /v3/stacks',
  'PUT /v3/stacks/token_hygiene',
  'POST /v3/stacks/token_hygiene/preview',
  'POST /v3/environments',
  'POST /oauth2/introspect',
] as const;

/** UTF-16 code units in any order: halves of characters, controls, directions, what cannot be seen. */
const units = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0, 0x07, 0x200b, 0x200f, 0x202e, 0x2066, 0x301, 0xd800, 0xdc00, 0xfeff, 0xfffe, 0x20, 0x41),
);
const oddText = fc.oneof(
  fc.array(units, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', ' ', 'ci-deploy', 'null', '__proto__', 'toString', '$all', 'now', '2031-01-01', 'x'.repeat(2000)),
);
const oddValue = fc.oneof(
  { weight: 2, arbitrary: oddText },
  fc.jsonValue({ maxDepth: 4 }),
  fc.double(),
  fc.bigInt().map(Number),
);

const names = fc.array(fc.oneof(fc.constantFrom('main', '$all', 'none'), oddText), { maxLength: 3 });
const oddScope = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record(
        {
          module: fc.oneof(fc.constantFrom(...knownModules), oddValue),
          acl: fc.oneof(
            fc.record({ read: fc.oneof(fc.boolean(), oddValue), write: fc.boolean() }, { requiredKeys: [] }),
            oddValue,
          ),
          branches: fc.oneof(names, oddValue),
          branch_aliases: fc.oneof(names, oddValue),
        },
        { requiredKeys: [] },
      ),
    },
    oddValue,
  ),
  { maxLength: 4 },
);
const goodScope = fc.constant([
  { module: '$all', acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
]);

/** The fields of a token, a stack or an environment; each is there or not, and right or not. */
const fields = fc.record(
  {
    name: fc.oneof(fc.uuid(), oddValue),
    description: fc.oneof(fc.string(), oddValue),
    scope: fc.oneof(goodScope, oddScope, oddValue),
    expires_on: fc.oneof(
      fc.date({ noInvalidDate: false }).map(String),
      fc.constantFrom('now', null, '2031-01-01'),
      oddValue,
    ),
    is_email_notification_enabled: fc.oneof(fc.boolean(), oddValue),
    rate_limit_enabled: fc.oneof(fc.boolean(), oddValue),
    rate_limits: fc.oneof(fc.record({ read: fc.integer(), write: fc.double() }), oddValue),
    master_locale: oddValue,
    token: oddValue,
    uid: oddValue,
    version: oddValue,
  },
  { requiredKeys: [] },
);

const days = fc.oneof(fc.integer({ min: 1, max: 365 }), oddValue);
/** The settings of a stack; each is there or not, and right or not. */
const settings = fc.record(
  {
    warn_days: fc.oneof(fc.array(days, { maxLength: 12 }), oddValue),
    mail_to: fc.oneof(fc.array(fc.constantFrom('owner', 'admins', 'nobody'), { maxLength: 3 }), oddValue),
    mail_about: fc.oneof(fc.constantFrom('all', 'flagged'), oddValue),
    send_hour: fc.oneof(fc.integer({ min: 0, max: 23 }), oddValue),
    time_zone: fc.oneof(fc.constantFrom('UTC', 'Asia/Kathmandu', 'europe/berlin', '+02:00', 'Mars/X'), oddValue),
    cleanup_after_days: fc.oneof(days, fc.constant(null)),
    max_cleanup_per_day: fc.oneof(fc.integer({ min: 1, max: 45 }), oddValue),
    hygiene_version: oddValue,
  },
  { requiredKeys: [] },
);

const body: fc.Arbitrary<string | Buffer> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({ token: fields, stack: fields, environment: fields, token_hygiene: settings })
      .map((value) => JSON.stringify(value)),
  },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(oddText, oddValue)
      .map((value) => JSON.stringify({ token: value, stack: value, environment: value, token_hygiene: value })),
  },
  fc.json(),
  oddText.map((token) => new URLSearchParams({ token: token.toWellFormed() }).toString()),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

/** What a header can hold at all. */
const headerText = fc.string({ unit: fc.constantFrom(...' !"#%*,-./09:;=@AZ_az~'), maxLength: 80 });
const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      fc.constantFrom(
        'application/json; charset=utf-8',
        'application/json; charset=utf-16',
        'APPLICATION/JSON',
        'application/x-www-form-urlencoded',
        'text/plain',
      ),
      headerText,
    ),
    api_key: fc.oneof({ weight: 12, arbitrary: fc.constant('mine') }, headerText, fc.constant('b'.repeat(3000))),
    'if-match': fc.oneof({ weight: 9, arbitrary: fc.constantFrom('*', '"1"', 'W/"1"') }, headerText),
    'idempotency-key': fc.oneof({ weight: 9, arbitrary: fc.uuid() }, headerText),
    'x-confirm-name': fc.oneof(
      headerText,
      oddText.map((name) => encodeURIComponent(name.toWellFormed())),
    ),
    branch: fc.oneof(fc.constant('main'), headerText),
  },
  { requiredKeys: ['content-type', 'api_key'] },
);

const query = fc.oneof(
  oddText.map((name) => `confirm_name=${encodeURIComponent(name.toWellFormed())}`),
  fc.string({ unit: fc.constantFrom(...'%&=+abf0159confirm_name'), maxLength: 40 }),
);

export const oddRequests: fc.Arbitrary<OddRequest> = fc.record({
  route: fc.constantFrom(...routes),
  uid: fc.oneof(
    { weight: 6, arbitrary: fc.constant('mine') },
    fc.constantFrom('blt00000000000000ff', 'x', '%00', '..%2f'),
  ),
  query,
  headers,
  body,
});
