import { expect } from 'vitest';
import type { FaultTarget } from '../../local/front/faults.ts';
import { manySessions, type Sessions, sessionRows } from './many-sessions.ts';
import { RunningSystem } from './running-system.ts';
import { toldOf } from './told-revocations.ts';

export interface TokenInUse {
  readonly uid: string;
  readonly name: string;
  readonly value: string;
  readonly sessions: readonly string[];
}

export type StreamReaderName = 'stream/end-sessions' | 'stream/announce';

/** Tokens with many sessions that are deleted while something is broken, and what has to be true of them in the end. */
export class FanOutScene {
  readonly running: RunningSystem;
  /** The role of the function that ends sessions, as faults see it. */
  readonly ender: string;

  private constructor(running: RunningSystem) {
    this.running = running;
    this.ender = running.operator.roleOf('stream/end-sessions');
  }

  static async start(): Promise<FanOutScene> {
    return new FanOutScene(await RunningSystem.start());
  }

  async tokenWith(...sessions: readonly Sessions[]): Promise<TokenInUse> {
    const token = await this.running.createToken();
    const uids: string[] = [];
    for (const some of sessions) uids.push(...(await manySessions(this.running, token.uid, some)));
    return { ...token, sessions: uids };
  }

  async delete(...tokens: readonly TokenInUse[]): Promise<void> {
    for (const token of tokens) {
      const { status, text } = await this.running.deleteToken(token);
      expect(status, text).toBe(200);
    }
  }

  /** The receipt as its owner sees it. */
  async receipt({ uid }: TokenInUse) {
    const path = `/v3/stacks/management_tokens/${uid}/revocation`;
    return (await this.running.call('GET', path, { as: 'owner' })).body.revocation;
  }

  /** Moves the clock and lets the reconciler look. @returns what it found */
  async reconcileAfter(duration: string) {
    this.running.system.clock.advance(duration);
    return (await this.running.system.schedules.run('reconcile'))?.result;
  }

  /** Moves the clock, runs the schedule that resumes revocations, and lets the stream end what it brings. @returns what it did */
  async resumeAfter(duration: string) {
    this.running.system.clock.advance(duration);
    const run = await this.running.system.schedules.run('receipts');
    await this.running.system.streams.idle();
    return run?.result ?? run?.error;
  }

  /** Every session was told at least once and counted exactly once, no row is left, and nothing is there to be repaired. */
  async expectEnded(...tokens: readonly TokenInUse[]): Promise<void> {
    for (const token of tokens) {
      const { sessions, completed, types, receipts } = await toldOf(this.running, token.uid);
      const total = token.sessions.length;
      const figures = { total, ended: total, remaining: 0 };
      expect(new Set(sessions)).toEqual(new Set(token.sessions));
      expect(completed).toEqual([figures]);
      expect(types.filter((type) => type === 'token.deleted')).toHaveLength(1);
      expect(receipts).toMatchObject([{ state: 'completed', summary: { sessions: figures } }]);
      expect(await this.receipt(token)).toMatchObject({ state: 'completed', sessions: figures });
      expect(await sessionRows(this.running, token.uid)).toBe(0);
    }
    // Late enough that everything that should not be there any more would count as left over.
    expect(await this.reconcileAfter('PT2H')).toEqual({
      leftover_sessions: 0,
      overdue_receipts: 0,
      overdue_digests: 0,
      complete: true,
    });
  }

  /**
   * Ends the workers of a stream reader after its n-th call of storage or the bus about a token, and loses the answer: what comes
   * after that call does not happen, or not then. @returns whether it came to that, when the fault is taken away
   */
  crashAfterCall(reader: StreamReaderName, call: { token: string; n: number }): () => boolean {
    const { front, bus, functions } = this.running.system;
    const role = this.running.operator.roleOf(reader);
    let calls = 0;
    const isIt = (caller: string, content: object) => {
      if (caller !== role || !isTelling(content, call.token)) return false;
      calls += 1;
      if (calls !== call.n) return false;
      void functions.crash(reader);
      return true;
    };
    const takeAway = [
      front.inject({ kind: 'lose-answer', when: ({ caller, body }) => isIt(caller, body), times: 1 }),
      bus.inject({ kind: 'lose-answer', when: ({ caller, entries }) => isIt(caller, { entries }), times: 1 }),
    ];
    return () => {
      for (const remove of takeAway) remove();
      return calls >= call.n;
    };
  }

  /** Whether a request of storage is the sessions' ender's. */
  isEnders = ({ caller }: FaultTarget): boolean => caller === this.ender;
}

/** One reading of an empty shard is as good as another: that of shard `5` stands for them. */
function isTelling(content: object, token: string): boolean {
  const text = JSON.stringify(content);
  const [, shard = '0'] = /"SESSION#blt[0-9a-f]{16}#([0-9a-f])"\}/.exec(text) ?? [];
  return text.includes(token) && (shard === '0' || shard === '5');
}
