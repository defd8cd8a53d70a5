import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { StreamDelivery } from '../../local/services/streams/stream-mapping.ts';
import { FanOutScene, type StreamReaderName } from '../support/fan-out-scene.ts';
import { toldOf } from '../support/told-revocations.ts';

// Law 12. Twice, late, out of order. Every consumer of a stream, a schedule or a bus is harmless when run twice, late or out of
// order, and says in its comment why.
/** `npm run test:long` fails each call of a round. Here it is every third, which meets each kind of call on each page. */
const stride = process.env.TOKENWARD_LONG === 'true' ? 1 : 3;

describe('law 12: twice, late, out of order', () => {
  let scene: FanOutScene;
  let system: FanOutScene['running']['system'];
  beforeAll(async () => {
    scene = await FanOutScene.start();
    system = scene.running.system;
  });
  afterAll(() => scene.running.stop());

  const isOf = (token: { uid: string }) => (delivery: StreamDelivery) => JSON.stringify(delivery).includes(token.uid);
  const inject = (fault: Parameters<typeof system.streams.inject>[0]) => onTestFinished(system.streams.inject(fault));
  const deadLetters = () => system.deadLetters.list().length;

  it('every record delivered twice to both readers: told and counted once', async () => {
    inject({ kind: 'duplicate', when: () => true });
    const tokens = [await scene.tokenWith({ count: 240, shard: 'c' }, { count: 30 }), await scene.tokenWith()];
    await scene.delete(...tokens);
    await scene.expectEnded(...tokens);
  });

  it('every record again after all is over, the last first: nothing changes, and no event is new', async () => {
    const records: { function: string; record: object }[] = [];
    const keep = ({ function: reader, records: some }: StreamDelivery) => {
      records.push(...some.map((record) => ({ function: reader, record })));
      return false;
    };
    const forget = system.streams.inject({ kind: 'poison', when: keep });
    const token = await scene.tokenWith({ count: 120, shard: '3' }, { count: 10 });
    const path = `/v3/stacks/management_tokens/${token.uid}`;
    for (const expires_on of ['2090-01-01', 'now'])
      await scene.running.call('PUT', path, { as: 'owner', json: { token: { expires_on } } });
    await scene.delete(token);
    const before = await toldOf(scene.running, token.uid);
    forget();
    expect(records.length).toBeGreaterThan(5);
    for (const { function: reader, record } of records.reverse()) {
      const result = await system.functions.invoke(logicalIdOf(reader), { Records: [record] });
      expect(result).toEqual({ payload: { batchItemFailures: [] } });
    }
    expect(await toldOf(scene.running, token.uid)).toEqual(before);
    expect(before.receipts.map(({ reason, state }) => `${reason} ${state}`)).toEqual([
      'stopped completed',
      'deleted completed',
    ]);
    expect(new Set(before.sessions)).toEqual(new Set(token.sessions));
  });

  it('a receipt that is held back does not hold up others, and is seen to run', async () => {
    const [late, next] = [await scene.tokenWith({ count: 20 }), await scene.tokenWith({ count: 20 })];
    const release = system.streams.inject({ kind: 'hold', when: isOf(late) });
    await scene.delete(late, next);
    await expect.poll(async () => (await scene.receipt(next)).state, { timeout: 10_000 }).toBe('completed');
    expect(await scene.receipt(late)).toMatchObject({
      state: 'running',
      sessions: { total: null, ended: 0, remaining: null },
      completed_at: null,
    });
    expect((await scene.running.use(late.value)).status).toBe(401);
    release();
    await scene.expectEnded(late, next);
  });

  it('a record that cannot be read is given up by itself, between others that are not', async () => {
    const before = deadLetters();
    const put = (item: object) =>
      scene.running.operator.client.send(
        new PutItemCommand({ TableName: scene.running.operator.tables.tokens, Item: marshall(item) }),
      );
    const [one, other] = [await scene.tokenWith({ count: 5 }), await scene.tokenWith({ count: 5 })];
    await system.streams.idle();
    system.streams.pause();
    await scene.delete(one);
    await put({ pk: 'TOKEN#malformed', sk: 'RECEIPT#malformed', state: 'running' });
    await put({ pk: 'TOKEN#malformed', sk: 'META', state: 'live' });
    await scene.delete(other);
    system.streams.resume();
    await scene.expectEnded(one, other);
    expect(deadLetters() - before).toBe(2);
  });

  it('a crash of the worker after the calls of a round, each time of another: nothing is lost, nothing counted twice', {
    timeout: 120_000,
  }, async () => {
    const before = deadLetters();
    const tokens = [];
    for (let [n, hit] = [1, true]; hit; n += stride) {
      const token = await scene.tokenWith({ count: 251, shard: '0' });
      const takeAway = scene.crashAfterCall('stream/end-sessions', { token: token.uid, n });
      await scene.delete(token);
      await system.streams.idle();
      hit = takeAway();
      tokens.push(token);
    }
    expect(tokens.length * stride).toBeGreaterThan(15);
    await scene.expectEnded(...tokens);
    expect(deadLetters()).toBe(before);
  });

  it('a crash of the announcer before it heard that the bus took an event: the same event again', async () => {
    const token = await scene.tokenWith({ count: 1 });
    await system.streams.idle();
    const takeAway = scene.crashAfterCall('stream/announce', { token: token.uid, n: 1 });
    await scene.delete(token);
    await scene.expectEnded(token);
    expect(takeAway()).toBe(true);
    expect(
      system.bus.events({ 'detail-type': ['token.deleted'], detail: { data: { token_uid: [token.uid] } } }),
    ).toHaveLength(2);
  });

  it.each([
    ['BatchGetItem', 'throttle'],
    ['Query', 'internal-error'],
    ['UpdateItem', 'throttle'],
    ['UpdateItem', 'lose-answer'],
    ['BatchWriteItem', 'unprocessed'],
    ['BatchWriteItem', 'lose-answer'],
  ] as const)(
    '%s answered with %s again and again: the round is repeated, or brought back',
    async (operation, kind) => {
      const token = await scene.tokenWith({ count: 150, shard: '9' }, { count: 5 });
      onTestFinished(
        system.front.inject({
          kind,
          when: (target) => scene.isEnders(target) && target.operation === operation,
          times: 5,
        }),
      );
      await scene.delete(token);
      await system.streams.idle();
      if ((await scene.receipt(token)).state !== 'completed')
        expect(await scene.reconcileAfter('PT2M')).toMatchObject({ overdue_receipts: 1 });
      await scene.expectEnded(token);
    },
  );

  it('entries that the bus does not take are sent again, those only', async () => {
    const token = await scene.tokenWith({ count: 30 });
    for (const kind of ['InternalFailure', 'ThrottlingException', 'lose-answer'] as const)
      onTestFinished(system.bus.inject({ kind, when: () => true, times: 2 }));
    await scene.delete(token);
    await scene.expectEnded(token);
  });

  it('a revocation without progress is stuck, says why and until when, and is brought back, by two schedules at once', async () => {
    const token = await scene.tokenWith({ count: 300 });
    const entriesOf = JSON.stringify(token.uid);
    const mend = system.bus.inject({
      kind: 'InternalFailure',
      when: ({ caller, entries }) => caller === scene.ender && entries.some(({ Detail }) => Detail.includes(entriesOf)),
    });
    onTestFinished(mend);
    await scene.delete(token);
    await system.streams.idle();
    const now = system.clock.now().getTime();
    const stuck = await scene.receipt(token);
    expect(stuck).toMatchObject({
      state: 'stuck',
      stuck_because: 'EventsNotTaken',
      sessions: { total: null, ended: 0 },
    });
    expect(Date.parse(stuck.next_try_at) - now).toBeLessThanOrEqual(60_000);
    expect(Date.parse(stuck.next_try_at)).toBeGreaterThan(now);
    expect((await scene.running.use(token.value)).status).toBe(401);
    // It is not tried before its time, and its sessions are not left over: they are still to be told.
    expect(await scene.reconcileAfter('PT0S')).toMatchObject({ leftover_sessions: 0, overdue_receipts: 0 });
    mend();
    const runs = await Promise.all([scene.reconcileAfter('PT1H'), scene.reconcileAfter('PT0S')]);
    expect(runs).toContainEqual({ leftover_sessions: 0, overdue_receipts: 1, overdue_digests: 0, complete: true });
    await scene.expectEnded(token);
  });

  const logicalIdOf = (reader: StreamReaderName | string) => {
    const functions = system.stack.ofType('AWS::Lambda::Function');
    return functions.find(({ metadata }) => metadata['tokenward:function'] === reader)?.logicalId ?? reader;
  };
});
