import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { MailFault } from '../../local/services/ses/mail-endpoint.ts';
import { HygieneScene, type HygieneStack } from '../support/hygiene-scene.ts';

let scene: HygieneScene;
beforeAll(async () => {
  scene = await HygieneScene.start();
});
afterAll(() => scene.running.stop());

const quarter = 0.25;
const repeated = 'You may have this mail already';

/** A stack whose mail of one token goes now, and is not sent yet. */
async function due(name: string, settings: Readonly<Record<string, unknown>> = {}): Promise<HygieneStack> {
  await scene.begin(7);
  const stack = await scene.stack(name);
  await stack.settings(settings);
  await stack.token('ci-deploy', 24.1);
  scene.goTo(7, 30);
  expect(await scene.sweep()).toMatchObject({ notices: 1, mails: { sent: 0 } });
  scene.goTo(8);
  return stack;
}

/** Something goes wrong with the mails of a stack to somebody. */
function inject(
  stack: HygieneStack,
  who: string,
  fault: Omit<MailFault, 'when'> & Partial<Pick<MailFault, 'when'>>,
): void {
  const isIt: MailFault['when'] = (mail) =>
    mail.to.includes(`${who}@example.test`) && mail.subject.includes(stack.name);
  const when: MailFault['when'] = (mail) => isIt(mail) && (fault.when?.(mail) ?? true);
  onTestFinished(scene.running.system.mails.inject({ ...fault, when }));
}

const deliveryTo = async (stack: HygieneStack, who: string) =>
  (await stack.deliveries()).find(({ address }) => address === `${who}@example.test`);
const none = { sent: 0, failed: 0, unknown: 0, undeliverable: 0 };
const texts = (stack: HygieneStack, who: string) =>
  stack.mails.filter(({ to }) => to.includes(`${who}@example.test`)).map(({ text }) => text.includes(repeated));

describe('what becomes of a mail is seen in the settings, and one address holds up no other', () => {
  test('a refused address: the next of owner and admins is told, and the bus', async () => {
    const stack = await due('Refused', { mail_to: ['owner'] });
    inject(stack, 'olivia', { kind: 'BadRequestException', message: 'Illegal address' });
    const sets: (string | undefined)[] = [];
    inject(stack, 'adam', { kind: 'stall', when: ({ configurationSet }) => sets.push(configurationSet) < 1 });
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1, undeliverable: 1 } });
    expect(stack.mailedTo).toEqual(['adam']);
    // By it SES tells our bounces and complaints from those of others.
    expect(sets).toEqual(scene.running.system.stack.ofType('AWS::SES::ConfigurationSet').map(({ name }) => name));
    const reason = 'SES finds that this is no address.';
    const [refused, told] = [await deliveryTo(stack, 'olivia'), await deliveryTo(stack, 'adam')];
    expect(refused).toMatchObject({ state: 'undeliverable', tries: 1, reason, next_try_at: null });
    expect(told).toMatchObject({ state: 'sent', tries: 1, reason: null });
    const [event, ...more] = await scene.events('notice.undeliverable', stack.key);
    expect(event?.data).toMatchObject({ person: scene.uidOf('owner'), reason, tokens: [expect.any(String)] });
    expect(more).toEqual([]);
    scene.pass(quarter);
    expect(await scene.sweep()).toMatchObject({ mails: none });
  });

  test('throttled: failed, and tried again when it says', async () => {
    const stack = await due('Throttled');
    inject(stack, 'olivia', { kind: 'TooManyRequestsException', times: 2 });
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1, failed: 1 } });
    expect(await deliveryTo(stack, 'adam')).toMatchObject({ state: 'sent' });
    const failed = await deliveryTo(stack, 'olivia');
    expect(failed).toMatchObject({ state: 'failed', tries: 1, reason: expect.stringMatching(/quota or rate/) });
    expect(Date.parse(String(failed?.next_try_at)) - Date.parse(String(failed?.at))).toBe(15 * 60_000);
    scene.pass(quarter - 0.01);
    expect(await scene.sweep()).toMatchObject({ mails: none });
    scene.pass(0.02);
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, failed: 1 } });
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'failed', tries: 2 });
    scene.pass(2 * quarter + 0.01);
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1 } });
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'sent', tries: 3, again: false });
    expect(stack.mailedTo).toEqual(['adam', 'olivia']);
  });

  test.for([
    ['an answer that was lost', 'Lost', 'lose-answer', 2],
    ['an error of its own', 'Broken', 'InternalServiceErrorException', 1],
  ] as const)('%s: unknown, tried once more, and marked', async ([, name, kind, arrived]) => {
    const stack = await due(name);
    inject(stack, 'olivia', { kind, times: 1 });
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1, unknown: 1 } });
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'unknown', tries: 1, again: false });
    scene.pass(quarter);
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1 } });
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'sent', tries: 2, again: true });
    expect([texts(stack, 'olivia'), texts(stack, 'adam')]).toEqual([[false, true].slice(2 - arrived), [false]]);
  });

  test('unknown again: it stays so, and no third mail is sent', async () => {
    const stack = await due('Twice Unknown');
    inject(stack, 'olivia', { kind: 'lose-answer' });
    for (const expected of [{ ...none, sent: 1, unknown: 1 }, { ...none, unknown: 1 }, none, none]) {
      expect(await scene.sweep()).toMatchObject({ mails: expected });
      scene.pass(quarter);
    }
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'unknown', tries: 2, next_try_at: null });
    expect(stack.mailedTo).toEqual(['adam', 'olivia', 'olivia']);
  });
});

describe('a run that is killed', () => {
  const kill = () => {
    void scene.running.system.functions.crash('schedule/sweep');
    return true;
  };

  test('between the claim and the mail is made good by the next one', async () => {
    await scene.begin(9);
    const stack = await scene.stack('Killed Early');
    const token = await stack.token('ci-deploy', 24.1);
    await stack.use(token);
    scene.pass(quarter);
    const isTaken = ({ caller, body }: { caller: string; body: object }) =>
      caller === scene.sweeper && /"DIGEST#/.test(JSON.stringify(body)) && /closed/.test(JSON.stringify(body));
    const when = (target: { caller: string; body: object }) => isTaken(target) && kill();
    onTestFinished(scene.running.system.front.inject({ kind: 'stall', when, times: 1 }));
    await expect(scene.sweep()).rejects.toThrow('Runtime.ExitError');
    expect([await scene.events('token.expiring', token.uid), stack.mails]).toMatchObject([[{}], []]);
    scene.pass(quarter);
    expect(await scene.sweep()).toMatchObject({ notices: 0, mails: { sent: 2 } });
    expect([stack.mailedTo, await scene.events('token.expiring', token.uid)]).toMatchObject([['adam', 'olivia'], [{}]]);
  });

  test('while it sends leaves a mail of which it is not known: once more, and marked', async () => {
    const stack = await due('Killed Late', { mail_to: ['owner'] });
    inject(stack, 'olivia', { kind: 'lose-answer', times: 1, when: kill });
    await expect(scene.sweep()).rejects.toThrow('Runtime.ExitError');
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'sending', tries: 1 });
    scene.pass(quarter);
    expect(await scene.sweep()).toMatchObject({ mails: { ...none, sent: 1 } });
    expect(await deliveryTo(stack, 'olivia')).toMatchObject({ state: 'sent', tries: 2, again: true });
    expect(texts(stack, 'olivia')).toEqual([false, true]);
  });
});
