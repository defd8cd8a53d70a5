/** What schedules and the stream's reader write, and what comes after it. */
import { randomUUID } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { FaultTarget } from '../../local/front/faults.ts';
import type { HygieneStack, MadeToken } from '../support/hygiene-scene.ts';
import type { Deed, Flow, LateWrites } from '../support/late-writes.ts';
import { manySessions, type Sessions } from '../support/many-sessions.ts';

const day = 24;
const token = 'update tokens TOKEN META';
const claim = `update tokens DIGEST + ${token} + put tokens NOTICE + put tokens DIGEST`;
const digest = ['update tokens DIGEST', 'put usage DELIVERY'];
const cleanUp = `put audit STACK + ${token} + delete tokens STACK TOKEN + delete tokens STACK NAME + update tokens STACK COUNT + put tokens TOKEN RECEIPT`;
const receipt = 'update tokens TOKEN RECEIPT';
const ending = ['update tokens TOKEN PROGRESS', 'delete sessions SESSION', receipt];
const quarter = 0.26;

/** A stack whose tokens are due, at seven in the morning. */
export function flowsOfTheSweep(late: () => LateWrites): Flow[] {
  const scene = () => late().scene;
  const flow = (name: string, writes: readonly string[], deed: (stack: HygieneStack) => Promise<Deed>): Flow => ({
    name,
    by: 'schedule/sweep',
    writes,
    prepare: async () => {
      await scene().begin(7);
      return await deed(await scene().stack(`Stack ${randomUUID()}`.slice(0, 30)));
    },
  });
  const sweep = () => scene().sweep();
  /** What failed is tried again a quarter of an hour later. */
  const again = () => {
    scene().pass(quarter);
    return scene().sweep();
  };
  const extend = (stack: HygieneStack, token: MadeToken) => stack.edit(token, { expires_on: scene().after(200 * day) });
  /** A token with a mail that goes at eight. */
  const withMail = async (stack: HygieneStack) => {
    const token = await stack.token('ci-deploy', day + 0.1);
    scene().goTo(7, 30);
    await sweep();
    scene().goTo(8);
    return token;
  };
  const expired = async (
    stack: HygieneStack,
    names: readonly string[],
    settings: Readonly<Record<string, unknown>>,
  ) => {
    await stack.settings({ cleanup_after_days: 2, ...settings });
    const tokens: MadeToken[] = [];
    for (const name of names) tokens.push(await stack.token(name, 1));
    scene().pass(2);
    await sweep();
    // The mail that tells of the expiry goes.
    scene().pass(day);
    await sweep();
    scene().pass(day);
    return tokens;
  };
  const failClaims = () => {
    const when = ({ caller, operation }: FaultTarget) =>
      caller === scene().sweeper && operation === 'TransactWriteItems';
    const heal = scene().running.system.front.inject({ kind: 'internal-error', when });
    onTestFinished(heal);
    return heal;
  };
  return [
    flow('a notice is claimed, and the token extended', [claim], async (stack) => {
      const token = await stack.token('ci-deploy', day + 0.1);
      scene().pass(0.2);
      return { act: sweep, again, later: () => extend(stack, token) };
    }),
    flow('a digest is sent, and the next one opened', digest, async (stack) => {
      await withMail(stack);
      return {
        act: sweep,
        again,
        later: async () => {
          const next = await stack.token('next', day + 0.1);
          scene().pass(0.2);
          await sweep();
          await extend(stack, next);
        },
      };
    }),
    flow('a mail fails, and is sent a quarter of an hour later', digest, async (stack) => {
      await withMail(stack);
      const isOurs = ({ subject }: { subject: string }) => subject.includes(stack.name);
      const { mails } = scene().running.system;
      onTestFinished(mails.inject({ kind: 'TooManyRequestsException', times: 4, when: isOurs }));
      return { act: sweep, again, later: again };
    }),
    flow('a token is cleaned up, and another takes its name', [cleanUp], async (stack) => {
      await expired(stack, ['old'], {});
      return { act: sweep, again, later: () => stack.token('old', 200 * day) };
    }),
    flow('a clean-up is held back, and the token extended', [cleanUp, claim], async (stack) => {
      const tokens = await expired(stack, ['old', 'older'], { max_cleanup_per_day: 1 });
      return {
        act: sweep,
        again,
        later: async () => {
          for (const token of tokens) await extend(stack, token);
        },
      };
    }),
    flow('a notice is too old, and the token extended', [token], async (stack) => {
      await stack.settings({ cleanup_after_days: null });
      const token = await stack.token('old', 1);
      scene().pass(400 * day);
      return { act: sweep, again, later: () => extend(stack, token) };
    }),
    flow('a token that fails is put off, and extended', [token], async (stack) => {
      const token = await stack.token('ci-deploy', day + 0.1);
      scene().pass(0.2);
      const heal = failClaims();
      return {
        act: sweep,
        later: async () => {
          heal();
          await extend(stack, token);
        },
      };
    }),
    flow('a token that cannot be read is put off, mended, and due again', [token], async (stack) => {
      const { client, tables } = scene().running.operator;
      const { uid } = await stack.token('ci-deploy', day + 0.1);
      scene().pass(0.2);
      const { due_at } = await scene().running.operator.token(uid);
      const set = (version: { S: string } | { N: string }, due: string) =>
        client.send(
          new UpdateItemCommand({
            TableName: tables.tokens,
            Key: { pk: { S: `TOKEN#${uid}` }, sk: { S: 'META' } },
            UpdateExpression: 'SET version = :version, due_at = :due',
            ExpressionAttributeValues: { ':version': version, ':due': { S: due } },
          }),
        );
      await set({ S: 'one' }, due_at);
      const earlier = new Date(Date.parse(due_at.slice(0, 24)) - 60_000).toISOString();
      return { act: sweep, later: () => set({ N: '1' }, `${earlier}#${uid}`) };
    }),
  ];
}

/** Revocations, from the stream and from the schedules that bring them back. */
export function flowsOfRevocations(late: () => LateWrites): Flow[] {
  const running = () => late().scene.running;
  const deedOf = async (sessions: readonly Sessions[]) => {
    const { system } = running();
    await system.streams.idle();
    const stack = await running().createStack();
    const made = await running().createToken({}, { stack });
    for (const some of sessions) await manySessions(running(), made.uid, some);
    const isEnders = ({ caller }: FaultTarget) => caller === running().operator.roleOf('stream/end-sessions');
    const fail = (when: (target: FaultTarget) => boolean = () => true) => {
      const mend = system.front.inject({ kind: 'reset', when: (target) => isEnders(target) && when(target) });
      onTestFinished(mend);
      return mend;
    };
    return {
      remove: async () => {
        await running().deleteToken(made, { stack });
        await system.streams.idle();
      },
      endAll: () =>
        running().call('DELETE', `/v3/stacks/management_tokens/${made.uid}/sessions`, { as: 'owner', stack }),
      fail,
      token: made,
    };
  };
  const schedule = (name: string, after: string) => async () => {
    running().system.clock.advance(after);
    await running().system.schedules.run(name);
  };
  const resume = schedule('receipts', 'PT1M');
  const flow = (name: string, writes: readonly string[], prepare: Flow['prepare']): Flow => ({
    name,
    by: 'stream/end-sessions',
    writes,
    prepare,
  });
  return [
    flow('the sessions of a deleted token are ended', ending, async () => {
      const { remove } = await deedOf([{ count: 5, shard: '3' }]);
      return { act: remove, again: resume };
    }),
    {
      ...flow('old sessions are ended between new ones', ending, async () => {
        const { token: made, endAll } = await deedOf([{ count: 100, shard: '3' }]);
        const { streams } = running().system;
        const act = async () => {
          streams.pause();
          await endAll();
          await manySessions(running(), made.uid, { count: 200, shard: '3' });
          streams.resume();
          await streams.idle();
        };
        return { act, again: resume };
      }),
      // Given up, what it says of a shard comes when nobody looks there any more. It only moves forward.
      lateness: ['answered'],
    },
    {
      ...flow('a round goes on in another', ending, async () => {
        const { remove } = await deedOf([{ count: 1001, shard: '3' }]);
        return { act: remove, again: resume };
      }),
      only: [receipt],
    },
    flow('a round is stuck, brought back, and stuck again', [receipt], async () => {
      const { remove, fail } = await deedOf([{ count: 5 }]);
      const mend = fail(({ body }) => JSON.stringify(body).includes('SESSION#'));
      const check = async () => {
        mend();
        await resume();
      };
      return { act: remove, again: resume, later: resume, check };
    }),
    ...['receipts', 'reconcile'].map(
      (name): Flow => ({
        ...flow(`a revocation is given another round by ${name}, and one more`, [receipt], async () => {
          const { remove, fail } = await deedOf([{ count: 5 }]);
          const mend = fail();
          await remove();
          const check = async () => {
            mend();
            await resume();
          };
          return { act: schedule(name, 'PT1M'), later: resume, check };
        }),
        by: `schedule/${name}`,
      }),
    ),
    {
      ...flow('the reconciler deletes left-over sessions', ['delete sessions SESSION'], async () => {
        const { remove, token: made } = await deedOf([]);
        await remove();
        await schedule('reconcile', 'PT2H')();
        await manySessions(running(), made.uid, { count: 5, shard: '3' });
        return { act: schedule('reconcile', 'PT1H') };
      }),
      by: 'schedule/reconcile',
    },
  ];
}
