import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListQuery, listQuery, pageOf } from '../../functions/http/chain/list-query.ts';
import { Refusal } from '../../functions/values/refusals.ts';

const fields = ['uid', 'name', 'scope', 'expires_on', 'expires_at', 'rate_limits', 'is_flagged', 'last_used_at'];
const asked = (query: string) => listQuery(new URLSearchParams(query), fields);
const encoded = (value: unknown) => encodeURIComponent(JSON.stringify(value));

const rows = [
  { uid: '1', name: 'Deploy', expires_on: '2030-01-02', expires_at: '2030-01-02T00:00:00.000Z', is_flagged: true },
  { uid: '2', name: 'deploy 2', expires_on: null, expires_at: null, is_flagged: false },
  {
    uid: '3',
    name: 'U\u0308ber',
    // As text it is later than the first, as an instant it is earlier.
    expires_on: '2030-01-02T01:00:00+02:00',
    expires_at: '2030-01-01T23:00:00.000Z',
    is_flagged: true,
  },
].map((row) => ({ ...row, scope: [{ module: 'entry', acl: { read: true } }] }));
const uids = (query: string) => pageOf(rows, asked(query)).page.map(({ uid }) => uid);

describe('a list', () => {
  it.each([
    ['', ['1', '2', '3']],
    ['limit=1', ['1']],
    ['skip=1', ['2', '3']],
    ['skip=9', []],
    ['skip=1&limit=1', ['2']],
    ['asc=uid', ['1', '2', '3']],
    ['desc=uid', ['3', '2', '1']],
    ['asc=expires_on', ['3', '1', '2']],
    ['desc=expires_on', ['1', '3', '2']],
    ['asc=expires_at', ['3', '1', '2']],
    ['asc=is_flagged', ['2', '1', '3']],
    ['asc=is_flagged&desc=uid', ['2', '3', '1']],
    ['desc=is_flagged&asc=uid', ['1', '3', '2']],
    ['asc=scope', ['1', '2', '3']],
    ['asc=last_used_at', ['1', '2', '3']],
    ['typeahead=dep', ['1', '2']],
    ['typeahead=DEPLOY%202', ['2']],
    [`typeahead=${encodeURIComponent('\u00dcb')}`, ['3']],
    ['typeahead=loy', []],
    ['typeahead=', ['1', '2', '3']],
    [`query=${encoded({})}`, ['1', '2', '3']],
    [`query=${encoded({ name: 'Deploy' })}`, ['1']],
    [`query=${encoded({ name: 'deploy' })}`, []],
    [`query=${encoded({ name: '\u00dcber' })}`, ['3']],
    [`query=${encoded({ is_flagged: true, expires_on: '2030-01-02' })}`, ['1']],
    [`query=${encoded({ is_flagged: 'true' })}`, []],
    [`query=${encoded({ expires_at: null })}`, ['2']],
    [`query=${encoded({ scope: [{ acl: { read: true }, module: 'entry' }] })}`, ['1', '2', '3']],
    [`query=${encoded({ is_flagged: true })}&desc=uid&skip=1`, ['1']],
    ['unknown=5&locale=en-us&asc=uid', ['1', '2', '3']],
  ])('with %j is %j', (query, expected) => {
    expect(uids(query)).toEqual(expected);
  });

  it('counts what matches, whatever the page', () => {
    expect(pageOf(rows, asked('limit=1&skip=1&typeahead=deploy')).count).toBe(2);
    expect(asked('count=true&include_count=true')).toMatchObject({ onlyCount: true, withCount: true });
    expect(asked('count=false&include_count=1')).toMatchObject({ onlyCount: false, withCount: false });
  });

  it.each([
    ['limit=0', 'invalid', 'limit'],
    ['limit=101', 'invalid', 'limit'],
    ['limit=-1', 'invalid', 'limit'],
    ['limit=1.5', 'invalid', 'limit'],
    ['limit=', 'invalid', 'limit'],
    ['limit=1&limit=2', 'malformed', 'limit'],
    ['skip=x', 'invalid', 'skip'],
    ['skip=10001', 'invalid', 'skip'],
    ['asc=none', 'invalid', 'asc'],
    ['asc=__proto__', 'invalid', 'asc'],
    ['desc=', 'invalid', 'desc'],
    ['asc=uid&asc=name', 'malformed', 'asc'],
    ['query=', 'invalid', 'query'],
    ['query=x', 'invalid', 'query'],
    ['query=[]', 'invalid', 'query'],
    ['query=null', 'invalid', 'query'],
    ['query=5', 'invalid', 'query'],
    [`query=${'['.repeat(5000)}`, 'invalid', 'query'],
    [`query=${encoded({ $and: [] })}`, 'invalid', 'query'],
    [`query=${encoded({ none: 1 })}`, 'invalid', 'query'],
    [`query=${encoded({ name: { $regex: '.' } })}`, 'invalid', 'query'],
    [`query=${encoded({})}&query=${encoded({})}`, 'malformed', 'query'],
    ['typeahead=a&typeahead=b', 'malformed', 'typeahead'],
  ])('with %j is refused by the name of the parameter', (query, kind, field) => {
    let refusal: unknown;
    try {
      asked(query);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ kind, errors: { [field]: [expect.stringMatching(/\.$/)] } });
  });

  it('is what a plain reading of the parameters says, in every combination of them', () => {
    const value = fc.oneof(fc.constantFrom('a', 'A', 'ab', 'b'), fc.constant(null), fc.boolean(), fc.nat(2));
    // A field holds values of one kind, or null.
    const uid = fc.option(fc.nat(2));
    const row = fc.record({ uid, name: fc.constantFrom('a', 'A', 'ab', 'b'), rate_limits: value });
    const sortedBy = fc.record({
      field: fc.constantFrom('uid', 'name'),
      direction: fc.constantFrom(1 as const, -1 as const),
    });
    const query = fc.record({
      limit: fc.nat(5),
      skip: fc.nat(5),
      withCount: fc.boolean(),
      onlyCount: fc.boolean(),
      order: fc.array(sortedBy, { maxLength: 2 }),
      where: fc.oneof(fc.constant({}), fc.record({ uid: value }), fc.record({ uid: value, rate_limits: value })),
      prefix: fc.constantFrom(null, '', 'a', 'AB', 'c'),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), query, (all, given) => {
        expect(pageOf(all, given)).toEqual(plainPageOf(all, given));
      }),
      { numRuns: 500 },
    );
  });
});

type Row = Readonly<Record<string, unknown>>;

/** The same, taken from what is left again and again: the first that nothing else comes before. */
function plainPageOf(all: readonly Row[], { limit, skip, order, where, prefix }: ListQuery) {
  const left = all.filter(
    (row) =>
      Object.entries(where).every(([field, value]) => row[field] === value) &&
      String(row.name)
        .toLowerCase()
        .indexOf((prefix ?? '').toLowerCase()) === 0,
  );
  const count = left.length;
  const sorted: Row[] = [];
  while (left.length > 0) {
    const first = left.findIndex((row) => !left.some((other) => comesBefore(other, row, order)));
    sorted.push(...left.splice(first, 1));
  }
  return { page: sorted.filter((_, at) => at >= skip && at < skip + limit), count };
}

/** Nulls last in both directions. */
function comesBefore(a: Row, b: Row, [first, ...rest]: ListQuery['order']): boolean {
  if (!first) return false;
  const [one, other] = [a[first.field], b[first.field]];
  if (one === other) return comesBefore(a, b, rest);
  if (one === null || other === null) return other === null;
  const rank = (value: unknown) => (typeof value === 'number' ? value : String(value));
  return first.direction === 1 ? rank(one) < rank(other) : rank(one) > rank(other);
}
