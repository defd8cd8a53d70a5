import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { type Reply, RunningSystem } from '../support/running-system.ts';

// Law 3. Name-confirmed. A person's deletion holds the exact name as a condition of the very write that deletes.
describe('law 3: name-confirmed', () => {
  let running: RunningSystem;
  beforeAll(async () => {
    running = await RunningSystem.start({ streams: false });
  });
  afterAll(() => running.stop());

  const composed = 'Café Zürich';
  const decomposed = composed.normalize('NFD');

  const remove = (uid: string, query: string, headers = {}) =>
    running.call('DELETE', `/v3/stacks/management_tokens/${uid}${query}`, { as: 'owner', headers });
  const confirming = (name: string) => `?confirm_name=${encodeURIComponent(name)}`;
  const rename = (uid: string, name: string) =>
    running.call('PUT', `/v3/stacks/management_tokens/${uid}`, { as: 'owner', json: { token: { name } } });

  /** What was written, but for entries of the audit log. */
  function writesIn(requests: readonly FrontRequest[]): FrontRequest[] {
    const reads = ['GetItem', 'BatchGetItem', 'Query'];
    const isAudit = ({ operation, body }: FrontRequest) =>
      operation === 'PutItem' && body.TableName === running.operator.tables.audit;
    return requests.filter(
      (request) => request.status === 200 && !reads.includes(request.operation) && !isAudit(request),
    );
  }

  const says = (reply: Reply) => `${[...reply.headers].join()} ${reply.text}`;

  it.each([
    ['another name', confirming('another name'), 'does not match the name of this token.'],
    ['another case', confirming('the EXACT name '), 'does not match the name of this token.'],
    ['a name without its last space', confirming('The Exact Name'), 'does not match the name of this token.'],
    ['a name with a space more', confirming('The Exact Name  '), 'does not match the name of this token.'],
    [
      'a name with a zero-width space more',
      confirming('The Exact Name \u200b'),
      'does not match the name of this token.',
    ],
    ['a name that looks the same', confirming('Тhe Exact Name '), 'does not match the name of this token.'],
    ['the uid', '?confirm_name=UID', 'does not match the name of this token.'],
    ['a name that no token can have', confirming('x'.repeat(51)), 'does not match the name of this token.'],
    ['control characters', '?confirm_name=%00', 'does not match the name of this token.'],
    ['nothing', '', 'is required. Enter the exact name of the token to delete it.'],
    ['an empty name', '?confirm_name=', 'is required. Enter the exact name of the token to delete it.'],
  ])(
    '%s deletes nothing, writes nothing but the refusal, and the right name is not told',
    async (_, query, message) => {
      const token = await running.createToken({ name: 'The Exact Name ' });
      const before = await running.operator.token(token.uid);
      const replies: Reply[] = [];
      const requests = await running.requestsDuring(async () =>
        replies.push(await remove(token.uid, query.replace('UID', token.uid))),
      );
      const [reply] = replies;
      expect(reply).toMatchObject({ status: 422, body: { error_code: 141, errors: { confirm_name: [message] } } });
      expect(reply && says(reply)).not.toContain('Exact Name');
      expect(writesIn(requests)).toEqual([]);
      expect(requests.filter(({ operation }) => operation === 'PutItem')).toHaveLength(1);
      expect(await running.operator.token(token.uid)).toEqual(before);
      expect((await running.use(token.value)).status).toBe(200);
      expect((await running.deleteToken(token)).status).toBe(200);
    },
  );

  it('the exact name deletes, in one transaction without a read, whose condition holds the name', async () => {
    const token = await running.createToken({ name: composed });
    const requests = await running.requestsDuring(async () => {
      expect((await remove(token.uid, confirming(composed))).status).toBe(200);
    });
    expect(requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
    const steps = requests[0]?.body.TransactItems as TransactStep[];
    const onToken = steps.flatMap(({ Update }) => Update ?? []).filter(({ Key }) => Key.pk.S === `TOKEN#${token.uid}`);
    expect(onToken).toHaveLength(1);
    expect(resolved(onToken[0])).toContain(`name = ${composed}`);
    const names = steps.flatMap(({ Delete }) => Delete ?? []).filter(({ Key }) => Key.sk.S === `NAME#${composed}`);
    expect(names.map(resolved)).toEqual([`token_uid = ${token.uid}`]);
    expect(await running.operator.inconsistencies()).toEqual([]);
  });

  it('canonically equal code points are the exact name, by parameter and by header', async () => {
    expect(decomposed).not.toBe(composed);
    const [first, second] = [await running.createToken({ name: decomposed }), await running.createToken()];
    expect((await rename(second.uid, `${composed} 2`)).status).toBe(200);
    expect((await remove(first.uid, confirming(decomposed))).status).toBe(200);
    const header = { 'x-confirm-name': encodeURIComponent(`${decomposed} 2`) };
    expect((await remove(second.uid, '', header)).status).toBe(200);
  });

  it('bytes that are no UTF-8 are malformed, and never taken for the sign that stands for them', async () => {
    const token = await running.createToken({ name: '\ufffd' });
    for (const bytes of ['%FF', '%ED%A0%80', '%C3', '%']) {
      expect((await remove(token.uid, `?confirm_name=${bytes}`)).status).toBe(400);
      expect((await remove(token.uid, '', { 'x-confirm-name': bytes })).status).toBe(400);
    }
    expect((await remove(token.uid, confirming('\ufffd'))).status).toBe(200);
  });

  it('twice, or by parameter and header that differ, is malformed', async () => {
    const token = await running.createToken();
    const name = confirming(token.name);
    expect((await remove(token.uid, `${name}&confirm_name=${encodeURIComponent(token.name)}`)).status).toBe(400);
    expect((await remove(token.uid, name, { 'x-confirm-name': 'another' })).status).toBe(400);
    expect((await remove(token.uid, name, { 'x-confirm-name': encodeURIComponent(token.name) })).status).toBe(200);
  });

  it('a token that was renamed meanwhile is not deleted by its old name', async () => {
    const token = await running.createToken({ name: 'before' });
    expect((await rename(token.uid, 'after')).status).toBe(200);
    const reply = await remove(token.uid, confirming('before'));
    expect(reply.status).toBe(422);
    expect(says(reply)).not.toContain('after');
    // Nor is the token that has taken the old name since.
    const heir = await running.createToken({ name: 'before' });
    expect((await remove(token.uid, confirming('before'))).status).toBe(422);
    expect((await running.use(heir.value)).status).toBe(200);
    for (const [uid, name] of [
      [token.uid, 'after'],
      [heir.uid, 'before'],
    ] as const) {
      expect((await remove(uid, confirming(name))).status).toBe(200);
    }
  });

  it('of a renaming and a deletion by the old name at the same time only one happens', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const token = await running.createToken({ name: `round ${round}` });
      const newName = `renamed ${round}`;
      const calls = [() => remove(token.uid, confirming(token.name)), () => rename(token.uid, newName)];
      const replies = await Promise.all((round % 2 ? calls : calls.toReversed()).map((call) => call()));
      const [deletion, renaming] = round % 2 ? replies : replies.toReversed();
      outcomes.add(`${deletion?.status} ${renaming?.status}`);
      if (renaming?.status === 200) expect((await remove(token.uid, confirming(newName))).status).toBe(200);
    }
    expect([...outcomes].filter((outcome) => outcome !== '200 404' && outcome !== '422 200')).toEqual([]);
    expect(await running.operator.inconsistencies()).toEqual([]);
  });

  it('a refusal is in the audit log, for owners and admins to see', async () => {
    const token = await running.createToken();
    await remove(token.uid, confirming('no'));
    const { body } = await running.call('GET', '/v3/audit-logs?limit=1', { as: 'owner' });
    expect(body.logs).toMatchObject([
      { event_type: 'delete', outcome: 'refused', reason: 'invalid', metadata: { uid: token.uid, title: token.name } },
    ]);
  });
});

interface TransactStep {
  readonly Update?: Conditioned;
  readonly Delete?: Conditioned;
}

interface Conditioned {
  readonly Key: { readonly pk: { readonly S: string }; readonly sk: { readonly S: string } };
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
}

/** A condition with its names and values in place. */
function resolved(step: Conditioned | undefined): string {
  return (step?.ConditionExpression ?? '')
    .replace(/#\w+/g, (name) => step?.ExpressionAttributeNames?.[name] ?? name)
    .replace(/:\w+/g, (name) => step?.ExpressionAttributeValues?.[name]?.S ?? name);
}
