import { describe, expect, it } from 'vitest';
import { DynamoDueRevocations } from '../../functions/aws/dynamo-due-revocations.ts';
import { dueAttributes } from '../../functions/aws/keys.ts';
import { type ResumeDependencies, resumeRevocations } from '../../functions/sessions/resume-revocations.ts';
import { unavailable } from '../../functions/values/refusals.ts';
import { keys, tables } from '../simulation/simulated-dependencies.ts';
import { operation, RevocationWorld, revokedAt, token } from './revocation-world.ts';

const second = 1000;
const revocation = { token: token.uid, operation };

/** A run so many ms after the revocation. */
async function runAfter(world: RevocationWorld, ms: number, given: Partial<ResumeDependencies> = {}) {
  world.dynamo.settle();
  const failures: unknown[] = [];
  const report = await resumeRevocations({
    due: new DynamoDueRevocations(world.dynamo, tables),
    revocations: world.deps.revocations,
    now: () => new Date(revokedAt.getTime() + ms),
    hasTime: () => true,
    onFailure: (...failure) => failures.push(failure),
    ...given,
  });
  return { ...report, failures };
}

const resumed = (count: number) => ({ resumed: count, failed: 0, complete: true, failures: [] });

async function receiptOf(world: RevocationWorld) {
  const receipt = await world.receipt();
  if (!receipt) throw new Error('There is no receipt.');
  return receipt;
}

describe('a revocation that is not completed', () => {
  it('is given another round 20 seconds after the last one was asked for, and not before', async () => {
    const world = await RevocationWorld.make();
    expect(await runAfter(world, 60 * second - 1)).toEqual(resumed(0));
    expect(await runAfter(world, 60 * second)).toEqual(resumed(1));
    expect(await receiptOf(world)).toMatchObject({ state: 'running', rounds: 1 });
    expect(await runAfter(world, 80 * second - 1)).toEqual(resumed(0));
    expect(await runAfter(world, 80 * second)).toEqual(resumed(1));
    expect(await receiptOf(world)).toMatchObject({ state: 'running', rounds: 2 });
  });

  it('and is stuck is brought back just as soon, however often it failed', async () => {
    const world = await RevocationWorld.make();
    for (let failure = 1; failure < 9; failure += 1) {
      await world.deps.revocations.markStuck(await receiptOf(world), {
        reason: 'Trouble',
        waited_ms: 5,
        at: revokedAt,
      });
      expect(await receiptOf(world)).toMatchObject({ state: 'stuck', stuck_because: 'Trouble' });
      expect(await runAfter(world, 20 * second)).toEqual(resumed(1));
      expect(await receiptOf(world)).toMatchObject({ state: 'running', rounds: failure });
    }
  });

  it('is found behind however many tokens are due', async () => {
    const world = await RevocationWorld.make();
    for (let number = 0; number < 350; number += 1) {
      const uid = `blt${String(number).padStart(15, '0')}${token.uid.slice(-1)}`;
      const { due_shard, due_at } = dueAttributes('2026-02-01T00:00:00.000Z', uid, uid);
      const { pk, sk } = keys.token(uid);
      world.dynamo.put(tables.tokens, {
        pk: { S: pk },
        sk: { S: sk },
        due_shard: { S: due_shard },
        due_at: { S: due_at },
      });
    }
    expect(await runAfter(world, 60 * second)).toEqual(resumed(1));
  });
});

describe('a run', () => {
  const due = { find: async () => [revocation, revocation] };

  it('gives a revocation one round, also where another run read the same receipt', async () => {
    const world = await RevocationWorld.make();
    const seen = await receiptOf(world);
    expect(await runAfter(world, 60 * second)).toEqual(resumed(1));
    expect(await world.deps.revocations.again(seen, revokedAt)).toBe(false);
    expect(await receiptOf(world)).toMatchObject({ rounds: 1 });
  });

  it('leaves alone what is completed, or gone, where the index has not caught up', async () => {
    const world = await RevocationWorld.make();
    const others = { find: async () => [revocation, { token: token.uid, operation: 'another' }] };
    expect(await world.rounds(1)).toEqual(['completed']);
    expect(await runAfter(world, 60 * second, { due: others })).toEqual(resumed(0));
  });

  it('goes on to the next where one cannot be given a round, and says so', async () => {
    const world = await RevocationWorld.make();
    const refusal = unavailable(new Error('Storage is away.'));
    const answers = [refusal, null];
    const find = async () => {
      const answer = answers.shift();
      if (answer) throw answer;
      return null;
    };
    const revocations = { find, again: world.deps.revocations.again };
    const report = { resumed: 0, failed: 1, complete: true, failures: [[revocation, refusal]] };
    expect(await runAfter(world, 0, { due, revocations })).toEqual(report);
  });

  it('ends when its time is up, and says that there is more', async () => {
    const world = await RevocationWorld.make();
    let times = 1;
    const hasTime = () => --times >= 0;
    expect(await runAfter(world, 0, { due, hasTime })).toEqual({ ...resumed(1), complete: false });
  });
});

describe('a round', () => {
  it.each(['continueRevocation', 'markStuck'] as const)(
    'that another has overtaken asks for nothing when it ends (%s)',
    async (end) => {
      const world = await RevocationWorld.make();
      const { revocations } = world.deps;
      const seen = await receiptOf(world);
      const at = new Date(revokedAt.getTime() + 60 * second);
      await revocations.again(seen, at);
      const before = await receiptOf(world);
      if (end === 'continueRevocation')
        await revocations.continueRevocation(seen, { tidied: [{ ms: 1, sessions: 1 }], waited_ms: 5, at: revokedAt });
      else await revocations.markStuck(seen, { reason: 'Trouble', waited_ms: 5, at: revokedAt });
      expect(await receiptOf(world)).toEqual(before);
    },
  );

  it('that goes on brings the next, and keeps what it measured', async () => {
    const world = await RevocationWorld.make();
    for (const [rounds, ms] of [
      [1, 5],
      [2, 7],
    ] as const) {
      const round = { tidied: [{ ms, sessions: 1 }], waited_ms: ms, at: revokedAt };
      await world.deps.revocations.continueRevocation(await receiptOf(world), round);
      expect(await receiptOf(world)).toMatchObject({ state: 'running', rounds, waited_ms: 5 });
    }
    expect((await receiptOf(world)).tidied).toEqual([
      { ms: 5, sessions: 1 },
      { ms: 7, sessions: 1 },
    ]);
  });
});
