import fc from 'fast-check';

/** A request that somebody might send: to the owner's stack, about a token of it, signed in as the owner, unless it says otherwise. */
export interface OddRequest {
  /** Route key. */
  readonly route: string;
  /** In the path. The uid of a token that is there unless given. */
  readonly uid?: string;
  /** As in the URL, without the question mark. */
  readonly query?: string;
  /**
   * `MINE` in a value is replaced by the stack's `api_key`, and `INVITING` by that of a stack to which the caller is invited. Absent: the
   * first, and `application/json`.
   */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The name by which a token is to be deleted: done for its own name, and refused for any other. */
  readonly confirms?: string;
  /** Whether it has to be refused, or carried out. Absent: either. */
  readonly must?: 'be refused' | 'be done';
  /** What a token shows afterwards, where it is carried out. */
  readonly keeps?: Readonly<Record<string, unknown>>;
  /** What a refusal with 422 is about: at least one field that it names. */
  readonly field: RegExp;
}

/** One of the things that are sent, in the words of the tally. */
export interface GivenRequest extends OddRequest {
  readonly given: string;
}

export interface OddKind {
  readonly requests: fc.Arbitrary<GivenRequest>;
  /** All that has to be among them. */
  readonly reaches: readonly string[];
  /** Among the answers: neither is everything refused, nor is everything refused before anybody looks at it. */
  readonly answers: readonly number[];
}

/** @param all requests by what is odd in them; each is as frequent as the others */
export function kindOf(
  all: Readonly<Record<string, fc.Arbitrary<OddRequest>>>,
  answers: OddKind['answers'] = [200, 422],
): OddKind {
  const named = Object.entries(all).map(([given, some]) =>
    some.map((request): GivenRequest => ({ given, ...request })),
  );
  return { requests: fc.oneof(...named), reaches: Object.keys(all), answers };
}

export const tokens = '/v3/stacks/management_tokens';
export const goodScope = [
  { module: '$all', acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
];

let made = 0;
/** A name that no other has. */
export const freeName = () => `generated ${++made}`;

/** A creation, and an edit, of a token with a field of a value. */
export function withField(name: string, value: unknown, keeps: OddRequest['keeps'] = {}): readonly OddRequest[] {
  const field = new RegExp(`^${name}(\\.|$)`);
  const created = { name: freeName(), scope: goodScope, [name]: value };
  return [
    { route: `POST ${tokens}`, body: JSON.stringify({ token: created }), field, keeps },
    { route: `PUT ${tokens}/{uid}`, body: JSON.stringify({ token: { [name]: value } }), field, keeps },
  ];
}

/** One of several requests for each value. */
export function requestsOf<T>(
  values: fc.Arbitrary<T>,
  requests: (value: T) => readonly OddRequest[],
  must?: OddRequest['must'],
): fc.Arbitrary<OddRequest> {
  return fc.tuple(values, fc.nat(1000)).map(([value, which]) => {
    const all = requests(value);
    const one = all[which % all.length];
    if (!one) throw new Error('There is no request.');
    return must ? { ...one, must } : one;
  });
}

/** Text that may be in a URL, or its bytes as they are where it is no text. */
export const inUrl = (text: string) =>
  text.isWellFormed()
    ? encodeURIComponent(text)
    : Array.from(Buffer.from(text, 'utf16le'), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
