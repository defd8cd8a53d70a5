import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { type KnownToken, manyTokens } from '../support/many-tokens.ts';
import { RunningSystem } from '../support/running-system.ts';

// Law 1. Zero window. No verification that starts after a deletion was acknowledged answers "active". Verification reads the token's
// base item, and the session's, strongly, in one request; never an index, a cache, a TTL or the stream.
describe('law 1: zero window', () => {
  let running: RunningSystem;
  let verifiers: string[];
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
    verifiers = ['http/environments', 'http/introspect'].map((entry) => running.operator.roleOf(entry));
  });
  afterAll(() => running.stop());

  interface Observation {
    readonly startedAt: number;
    readonly answeredAt: number;
    readonly isActive: boolean;
  }

  const isActiveAt = {
    environments: async (value: string, stack: string) => (await running.use(value, { stack })).status === 200,
    introspect: async (value: string, stack: string) =>
      (await running.introspect(value, { stack })).body.active === true,
  };

  async function observe(ask: () => Promise<boolean>): Promise<Observation> {
    const startedAt = performance.now();
    const isActive = await ask();
    return { startedAt, answeredAt: performance.now(), isActive };
  }

  /** Verifies a token again and again while it is deleted, and once more when that is acknowledged. */
  async function race(stack: string, token: KnownToken, door: keyof typeof isActiveAt) {
    const ask = () => observe(() => isActiveAt[door](token.value, stack));
    let acknowledgedAt = Number.POSITIVE_INFINITY;
    const first = ask();
    const deletion = running.deleteToken(token, { stack }).then(({ status }) => {
      acknowledgedAt = performance.now();
      return status;
    });
    const observations = [await first];
    while (acknowledgedAt === Number.POSITIVE_INFINITY) observations.push(await ask());
    observations.push(await ask());
    return { status: await deletion, observations: observations.map((seen) => ({ ...seen, acknowledgedAt })) };
  }

  it('holds for 1,000 deletions, each raced by verifications', async () => {
    const stack = await running.createStack();
    const tokens = await manyTokens(running, stack, 1000);
    const races: Awaited<ReturnType<typeof race>>[] = [];
    const lane = async (door: keyof typeof isActiveAt) => {
      for (let token = tokens.pop(); token; token = tokens.pop()) races.push(await race(stack, token, door));
    };
    const lanes = ['environments', 'introspect', 'environments', 'introspect'] as const;
    const requests = await running.requestsDuring(() => Promise.all(lanes.map(lane)));
    const all = races.flatMap(({ observations }) => observations);
    expect(races.filter(({ status }) => status === 200)).toHaveLength(1000);
    expect(all.filter((seen) => seen.startedAt >= seen.acknowledgedAt && seen.isActive)).toEqual([]);
    // It was a race: tokens were still good, and verifications were under way when their deletion was acknowledged.
    expect(all.filter(({ isActive }) => isActive).length).toBeGreaterThan(250);
    const isRaced = (seen: (typeof all)[number]) =>
      seen.startedAt < seen.acknowledgedAt && seen.acknowledgedAt < seen.answeredAt;
    expect(all.filter(isRaced).length).toBeGreaterThan(500);
    const reads = requests.filter(({ caller }) => verifiers.includes(caller));
    expect(reads.length).toBeGreaterThan(2000);
    expect(reads.filter((request) => !isStrongRead(request))).toEqual([]);
  }, 120_000);

  it('one request verifies, with the branch too, and none for what cannot be a value', async () => {
    const { value } = await running.createToken();
    const tokenReads = async (run: () => Promise<unknown>) =>
      (await running.requestsDuring(run)).map(({ operation, body }) => `${operation} ${keysIn(body)}`);
    const uid = `TOKEN#blt${value.split('_')[1]}`;
    const branch = `STACK#${running.stack}`;
    expect(await tokenReads(() => running.introspect(value))).toEqual([`GetItem ${uid}`]);
    const resource = `Query ENVIRONMENTS#${running.stack}`;
    expect(await tokenReads(() => running.use(value))).toEqual([`BatchGetItem ${uid} ${branch}`, resource]);
    expect(await tokenReads(() => running.use(value, { headers: { branch: 'development' } }))).toEqual([
      `BatchGetItem ${uid} ${branch}`,
      resource,
    ]);
    const other = value.endsWith('0') ? '1' : '0';
    for (const wrong of [`${value.slice(0, -1)}${other}`, 'cs_', 'x', value.toLowerCase()]) {
      expect(await tokenReads(() => running.use(wrong))).toEqual([]);
      expect(await tokenReads(() => running.introspect(wrong))).toEqual([]);
    }
  });

  it('a verification costs one read unit, with the branch two', async () => {
    const { value } = await running.createToken();
    const costs = async (run: () => Promise<unknown>) =>
      (await running.requestsDuring(run)).map(({ operation, consumed }) => `${operation} ${consumed}`);
    expect(await costs(() => running.introspect(value))).toEqual(['GetItem 1']);
    expect(await costs(() => running.use(value))).toContain('BatchGetItem 2');
  });

  it('a deletion is one request', async () => {
    const token = await running.createToken();
    const requests = await running.requestsDuring(() => running.deleteToken(token));
    expect(requests.map(({ operation, status }) => [operation, status])).toEqual([['TransactWriteItems', 200]]);
  });
});

interface Asked {
  readonly ConsistentRead?: boolean;
  readonly IndexName?: string;
  readonly RequestItems?: Readonly<
    Record<string, Asked & { readonly Keys: readonly { readonly pk: { readonly S: string } }[] }>
  >;
  readonly Key?: { readonly pk: { readonly S: string } };
  readonly ExpressionAttributeValues?: { readonly ':pk'?: { readonly S: string } };
}

/** A read that sees every write that was acknowledged before it, of base items. */
function isStrongRead({ operation, body, status }: FrontRequest): boolean {
  const asked: Asked = body;
  const parts = asked.RequestItems ? Object.values(asked.RequestItems) : [asked];
  const isRead = ['GetItem', 'BatchGetItem', 'Query'].includes(operation);
  return (
    isRead && status === 200 && parts.every((part) => part.ConsistentRead === true && part.IndexName === undefined)
  );
}

/** The partition keys that a read names. */
function keysIn(body: Asked): string {
  const keys = Object.values(body.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
  const named = [...keys, ...(body.Key ? [body.Key] : [])].map(({ pk }) => pk.S);
  return [...named, ...[body.ExpressionAttributeValues?.[':pk']?.S ?? []].flat()].join(' ');
}
