import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { DynamoDigestRepository } from '../../functions/aws/dynamo-digest-repository.ts';
import { dueAttributes } from '../../functions/aws/keys.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { type Client, keys, tables } from '../simulation/simulated-dependencies.ts';
import { NoticeWorld } from './notice-world.ts';

const minute = 1 / 1440;
const hour = 1 / 24;

/** Digests where the answer to the first record of a delivery in some state is lost, and the SDK sends it again. */
function losing(world: NoticeWorld, state: string): DynamoDigestRepository {
  let isLost = false;
  const send: Client['send'] = async (command, options) => {
    const isIt = command instanceof PutItemCommand && command.input.Item?.state?.S === state;
    if (isIt && !isLost) {
      isLost = true;
      await world.dynamo.send(command, options);
    }
    return await world.dynamo.send(command, options);
  };
  return new DynamoDigestRepository(createStorage({ send }, { pause: async () => {}, jitter: () => 1 }), tables);
}

/** A token whose notice is claimed, and whose mail to two people goes in the next hour. */
async function claimed(): Promise<NoticeWorld> {
  const world = await NoticeWorld.make();
  await world.token({ expires: 8 });
  expect(await world.tick(24)).toMatchObject({ notices: 1, mails: { sent: 0 } });
  return world;
}

it('a lost answer to the claim of a delivery loses no mail, and doubles none', async () => {
  const world = await claimed();
  expect((await world.tick(1, { digests: losing(world, 'sending') })).mails.sent).toBe(2);
  await world.tick(24);
  expect(world.mails.map(({ to }) => to).sort()).toEqual(['adam@example.test', 'olivia@example.test']);
  expect((await world.deliveries()).map(({ state }) => state)).toEqual(['sent', 'sent']);
});

it('a lost answer to the outcome of a delivery leaves its next try', async () => {
  const world = await claimed();
  world.outcome = () => ({ outcome: 'failed', reason: 'SES was busy.' });
  await world.tick(1, { digests: losing(world, 'failed') });
  world.outcome = () => ({ outcome: 'sent', message_id: 'id' });
  expect((await world.tick(1)).mails.sent).toBe(2);
  expect((await world.deliveries()).map(({ state }) => state)).toEqual(['sent', 'sent']);
});

it('a run that comes late holds its digest as long as any other', async () => {
  const world = await claimed();
  const scheduled = new Date(world.now.getTime() + 3_600_000);
  world.downUntil(world.day + hour + 13 * minute);
  const { mailer } = world.sweepDependencies();
  let others = 0;
  const meanwhile: typeof mailer = {
    send: async (mail) => {
      const outcome = await mailer.send(mail);
      // The next tick comes while this one sends.
      if (others === 0) world.downUntil(world.day + 2 * minute);
      others += (await world.tick()).mails.sent;
      return outcome;
    },
  };
  expect((await world.tick(0, { mailer: meanwhile }, scheduled)).mails.sent).toBe(2);
  expect([others, world.mails.length]).toEqual([0, 2]);
});

it('revocations that nobody completes hold up no warning, however many they are', async () => {
  const world = await NoticeWorld.make();
  const uid = await world.token({ expires: 8 });
  const digit = uid.slice(-1);
  const [row = {}] = world.rows(`TOKEN#${uid}`, 'META');
  const { due_shard } = row;
  for (let made = 0; made < 250; made += 1) {
    const token_uid = `blt${String(made).padStart(15, '0')}${digit}`;
    const operation = String(made).padStart(32, '0');
    const { table, ...receipt } = keys.receipt(token_uid, operation);
    world.dynamo.put(table, marshall({ ...receipt, due_shard, due_at: `${world.at(0.5)}#${operation}` }));
  }
  world.downUntil(1 + hour);
  expect(await world.tick()).toMatchObject({ notices: 1, complete: true });
});

it('a clean-up is dated by the clock, and so are 24 hours from it', async () => {
  const world = await NoticeWorld.make();
  await world.settings({ cleanup_after_days: 1, max_cleanup_per_day: 1 });
  const uids = [await world.token({ name: 'a', expires: 1 }), await world.token({ name: 'b', expires: 1 })];
  const scheduled = new Date(world.at(2));
  world.downUntil(2 + 2 * hour);
  expect(await world.tick(0, {}, scheduled)).toMatchObject({ cleaned_up: 1, held_back: 1 });
  world.downUntil(3 + hour);
  expect(await world.tick()).toMatchObject({ cleaned_up: 0 });
  world.downUntil(3 + 3 * hour);
  expect(await world.tick()).toMatchObject({ cleaned_up: 1 });
  const ends = uids.map((uid) => Date.parse(world.see(uid).end?.at ?? '')).sort();
  expect((ends[1] ?? 0) - (ends[0] ?? 0)).toBeGreaterThanOrEqual(86_400_000);
});

it('a digest that an earlier version has stored is sent with all its notices, and with those that were added since', async () => {
  const world = await NoticeWorld.make();
  const [before, since] = [
    await world.token({ name: 'before', expires: 8 }),
    await world.token({ name: 'since', expires: 8 }),
  ];
  world.downUntil(1);
  // As the earlier version would have claimed the notice of one token: in a list of the digest's own row.
  const send_at = world.at(1 + hour);
  const { table, ...digest } = keys.digest(world.stack, send_at);
  const notices = [{ token_uid: before, expires_at: world.at(8), threshold: '7' }];
  const due = dueAttributes(send_at, world.stack, send_at);
  world.dynamo.put(table, marshall({ ...digest, stack: world.stack, send_at, state: 'open', notices, ...due }));
  world.spoil(before, { next_action: undefined, due_shard: undefined, due_at: undefined });
  expect(await world.tick()).toMatchObject({ notices: 1, mails: { sent: 0 } });
  expect([world.told(before), world.told(since)]).toEqual([[], ['7']]);
  expect((await world.tick(1)).mails.sent).toBe(2);
  for (const { text } of world.mails) expect(text).toMatch(/before.*since/s);
  const [row] = world.rows(digest.pk).filter(({ sk }) => sk === send_at);
  expect(row).toMatchObject({ state: 'sent', notices });
});
