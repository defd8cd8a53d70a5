import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HygieneScene } from '../support/hygiene-scene.ts';

let scene: HygieneScene;
beforeAll(async () => {
  scene = await HygieneScene.start();
});
afterAll(() => scene.running.stop());

const day = 24;

describe('people are told before a token expires', () => {
  test('in one mail to each, at the hour of their stack, and the bus at once', async () => {
    await scene.begin(7);
    const [web, docs] = [await scene.stack('Mail Web'), await scene.stack('Mail Docs')];
    await docs.settings({ send_hour: 18, time_zone: 'Asia/Kathmandu' });
    const first = await web.token('first', 7 * day + 0.1);
    await web.token('second', 7 * day + 0.2);
    await docs.token('third', 7 * day + 0.3);
    expect(await scene.sweep()).toMatchObject({ notices: 0, complete: true });
    scene.goTo(7, 30);
    expect(await scene.sweep()).toMatchObject({ notices: 3, mails: { sent: 0 }, failed: [] });
    expect(await scene.events('token.expiring', first.uid)).toMatchObject([
      { data: { token_uid: first.uid, days_left: 7, api_key: web.key, last_used_at: null } },
    ]);
    scene.goTo(8);
    expect(await scene.sweep()).toMatchObject({ notices: 0, mails: { sent: 2 } });
    expect([web.mailedTo, docs.mailedTo]).toEqual([['adam', 'olivia'], []]);
    for (const { subject, text, html } of web.mails) {
      expect(subject).toBe('2 tokens of Mail Web expire within 7 days');
      expect(text).toMatch(/first.*second/s);
      expect([text.includes('third'), html.includes('first')]).toEqual([false, true]);
    }
    // 18:00 in Kathmandu is 12:15 UTC.
    scene.goTo(12, 14);
    expect(await scene.sweep()).toMatchObject({ mails: { sent: 0 } });
    scene.goTo(12, 15);
    expect(await scene.sweep()).toMatchObject({ mails: { sent: 2 } });
    expect(docs.mails[0]?.text).toContain('Asia/Kathmandu');
    expect(await scene.sweep()).toMatchObject({ notices: 0, mails: { sent: 0 } });
    expect(await web.deliveries()).toMatchObject([
      { state: 'sent', tries: 1 },
      { state: 'sent', tries: 1 },
    ]);
    expect((await web.deliveries()).map(({ address }) => address).sort()).toEqual([
      'adam@example.test',
      'olivia@example.test',
    ]);
  });

  test('at once where it is in use and has a day or less left, with who uses it', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Urgent');
    const [used] = [await stack.token('used', day + 0.1), await stack.token('idle', day + 0.1)];
    expect((await stack.use(used)).status).toBe(200);
    scene.pass(0.2);
    expect(await scene.sweep()).toMatchObject({ notices: 2, mails: { sent: 2 } });
    for (const { text, subject } of stack.mails) {
      expect(subject).toBe('Token “used” of Urgent expires within a day');
      expect(text).toContain('deployer/1.2');
      expect(text).not.toContain('idle');
    }
    scene.goTo(8);
    await scene.sweep();
    expect(stack.mails.slice(2).map(({ subject }) => subject)).toEqual(
      Array(2).fill('Token “idle” of Urgent expires within a day'),
    );
  });

  test('and when it has expired, under ids that stay the same', async () => {
    await scene.begin(9);
    const stack = await scene.stack('Expired');
    const token = await stack.token('short', 0.5);
    scene.pass(1);
    await scene.sweep();
    const [event, ...more] = await scene.events('token.expired', token.uid);
    expect([event?.data.expires_at, more]).toEqual([expect.any(String), []]);
    expect(event?.id).toMatch(/^[0-9a-f]{32}$/);
    scene.goTo(8);
    await scene.sweep();
    expect(stack.mails.map(({ subject }) => subject)).toEqual(Array(2).fill('Token “short” of Expired has expired'));
  });

  test('at mail hours that are thresholds and expiries, too: before the expiry, and once when it has come', async () => {
    await scene.begin(20);
    const stack = await scene.stack('Singapore');
    // Its mail hour is 00:00 UTC, and so is the expiry.
    await stack.settings({ time_zone: 'Asia/Singapore', warn_days: [1] });
    const expires_on = `${scene.after(2 * day).slice(0, 10)}T00:00:00.000Z`;
    await stack.token('midnight', 2 * day, { expires_on });
    const mailed = async () => {
      scene.goTo(0);
      const before = stack.mails.length;
      await scene.sweep();
      return stack.mails.slice(before).map(({ subject }) => subject);
    };
    expect(await mailed()).toEqual(Array(2).fill('Token “midnight” of Singapore expires within a day'));
    scene.goTo(12);
    await scene.sweep();
    expect(await mailed()).toEqual(Array(2).fill('Token “midnight” of Singapore has expired'));
    scene.goTo(12);
    await scene.sweep();
    expect(await mailed()).toEqual([]);
  });

  test('the creator of a flagged token too, and only of that', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Flagged');
    await stack.settings({ mail_to: ['owner'], mail_about: 'flagged' });
    await stack.token('plain', day + 0.1, { as: 'admin' });
    await stack.token('flagged', day + 0.1, { as: 'admin', is_email_notification_enabled: true });
    scene.goTo(7, 30);
    await scene.sweep();
    scene.goTo(8);
    await scene.sweep();
    expect(stack.mailedTo).toEqual(['adam', 'olivia']);
    for (const { text } of stack.mails)
      expect([text.includes('flagged'), text.includes('plain')]).toEqual([true, false]);
  });

  test('by the settings that hold: a change arms all tokens anew', async () => {
    await scene.begin(7);
    const stack = await scene.stack('Rearmed');
    const token = await stack.token('ci-deploy', 10 * day);
    await stack.settings({ warn_days: [9] });
    expect((await scene.running.operator.token(token.uid)).next_action).toBe('warn#9');
    scene.pass(day + 0.1);
    await scene.sweep();
    expect((await scene.events('token.expiring', token.uid)).map(({ data }) => data.days_left)).toEqual([9]);
    await stack.settings({ warn_days: [5], cleanup_after_days: 1 });
    scene.pass(4 * day);
    await scene.sweep();
    expect((await scene.events('token.expiring', token.uid)).map(({ data }) => data.days_left)).toEqual([9, 5]);
    expect((await scene.running.operator.token(token.uid)).next_action).toBe('expire');
  });
});

describe('a run', () => {
  test('that has nothing to do asks each shard of the index once, and nothing else', async () => {
    await scene.begin(20);
    await scene.sweep();
    const requests = await scene.running.requestsDuring(() => scene.sweep());
    const asked = requests.map(({ operation, body }) => [operation, body.IndexName]);
    expect(asked).toEqual(Array(16).fill(['Query', 'due']));
    const before = scene.running.system.bus.events({ 'detail-type': ['hygiene.run'] }).length;
    await scene.sweep();
    expect(scene.running.system.bus.events({ 'detail-type': ['hygiene.run'] })).toHaveLength(before);
  });

  test('by hand answers with what it did, and tells the bus the same', async () => {
    await scene.begin(7);
    const stack = await scene.stack('By Hand');
    await stack.token('ci-deploy', day + 0.1);
    scene.goTo(8, 1);
    const response = await fetch(`${scene.running.system.endpoint}/_local/schedules/sweep`, { method: 'POST' });
    const { result, ...run } = (await response.json()) as { result: Record<string, unknown> };
    expect([response.status, run]).toEqual([200, { name: 'sweep', time: expect.any(String) }]);
    expect(result).toMatchObject({ notices: 1, cleaned_up: 0, failed: [], complete: true });
    const [event] = scene.running.system.bus.events({ 'detail-type': ['hygiene.run'] });
    const { now, ...counts } = result;
    expect(event?.detail).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/), time: now, data: counts });
  });
});
