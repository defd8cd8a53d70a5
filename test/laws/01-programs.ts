/** Programs that work with sessions of the fixture's live token, and what they and their owners have been told so far. */
import assert from 'node:assert/strict';
import type { Receipt } from '../../functions/tokens/revocation.ts';
import type { RefusalKind } from '../../functions/values/refusals.ts';
import type { Answer, Person, SimulatedProduct } from '../simulation/simulated-product.ts';
import type { Tally } from '../simulation/simulated-races.ts';
import { fixture, type KnownSession, sessionFixture } from '../simulation/simulated-stack.ts';

const { stack, live } = fixture;

interface Working extends KnownSession {
  /** Somebody was told that it is over; from then on it is for ever. */
  isOver: boolean;
}

/** Where storage could not answer, nothing is known. */
const isKnown = (refused: RefusalKind | undefined) => refused !== 'unavailable' && refused !== 'conflict';

export class Programs {
  readonly #product: SimulatedProduct;
  readonly #tally: Tally;
  readonly #working: Working[] = sessionFixture.sessions.map((session) => ({ ...session, isOver: false }));
  /** The uids of sessions that were ended one by one. Set before it is asked for: nobody knows when it is done. */
  readonly endedAlone = new Set<string>();
  #isTokenGone = false;

  constructor(product: SimulatedProduct, tally: Tally) {
    this.#product = product;
    this.#tally = tally;
  }

  /** Those that somebody was told are over. */
  get over(): readonly string[] {
    return this.#working.filter(({ isOver }) => isOver).map(({ uid }) => uid);
  }

  get uids(): readonly string[] {
    return this.#working.map(({ uid }) => uid);
  }

  async open(): Promise<Answer<unknown>> {
    const isLate = this.#isTokenGone;
    const answer = await this.#product.sessions.open({ value: live.value, stack });
    assert(!(isLate && answer.done), 'A session was opened with a dead token.');
    this.#tally.saw(answer.done ? 'opened' : isLate ? 'late opening' : 'not opened');
    const opened = answer.done;
    if (opened) this.#working.push({ uid: opened.session.uid, value: opened.value, isOver: false });
    return answer;
  }

  /** @returns whether the n-th session, counted from the first that was opened, was good */
  async verify(nth: number): Promise<boolean> {
    const session = this.#working[nth % this.#working.length];
    assert(session);
    const wasOver = session.isOver;
    const verdict = await this.#product.verify({ value: session.value, stack });
    assert(!(wasOver && verdict.active), 'A session that was over was active.');
    this.#tally.saw(wasOver ? 'late verification' : verdict.active ? 'active' : 'refused');
    if (!verdict.active && verdict.reason !== 'unavailable') session.isOver = true;
    return verdict.active;
  }

  async verifyAll(): Promise<void> {
    for (let nth = 0; nth < this.#working.length; nth += 1) await this.verify(nth);
  }

  /** What ends all sessions that were opened before it was asked for, once it is acknowledged. */
  async endsAll(ask: () => Promise<Answer<unknown>>): Promise<Answer<unknown>> {
    const before = [...this.#working];
    const answer = await ask();
    if (answer.done) for (const session of before) session.isOver = true;
    this.#tally.saw(answer.done ? 'ended' : `ending ${answer.refused}`);
    return answer;
  }

  endAll(who: Person): Promise<Answer<unknown>> {
    return this.endsAll(() => this.#product.sessions.endAll(who, { stack, uid: live.uid }));
  }

  revoke(): Promise<Answer<unknown>> {
    return this.endsAll(() => this.#product.sessions.revoke(live.value));
  }

  stop(who: Person): Promise<Answer<unknown>> {
    return this.endsAll(() => this.#product.edit(who, { stack, uid: live.uid, fields: { expires_on: 'now' } }));
  }

  /** Who is told to try again does. A token that is not there any more is dead, too. */
  async delete(who: Person, confirmName = live.name): Promise<Answer<Receipt>> {
    for (;;) {
      const answer = await this.#product.delete(who, { stack, uid: live.uid, confirmName });
      if (!isKnown(answer.refused)) continue;
      this.#tally.saw(answer.done ? 'deleted' : `deletion ${answer.refused}`);
      if (answer.done || answer.refused === 'token-not-found') this.#isTokenGone = true;
      if (this.#isTokenGone) for (const session of this.#working) session.isOver = true;
      return answer;
    }
  }

  async endOwn(nth: number): Promise<void> {
    const session = this.#working[nth % this.#working.length];
    assert(session);
    this.endedAlone.add(session.uid);
    const { done } = await this.#product.sessions.endOwn({ value: session.value, stack });
    if (done) session.isOver = true;
    if (done) this.#tally.saw('ended itself');
  }

  /** Somebody who holds its value ends it. */
  async revokeOne(nth: number): Promise<void> {
    const session = this.#working[nth % this.#working.length];
    assert(session);
    this.endedAlone.add(session.uid);
    const { done } = await this.#product.sessions.revoke(session.value);
    if (done) session.isOver = true;
    if (done) this.#tally.saw('ended by its value');
  }

  async endOne(who: Person, nth: number): Promise<void> {
    const session = this.#working[nth % this.#working.length];
    assert(session);
    this.endedAlone.add(session.uid);
    const { done } = await this.#product.sessions.endOne(who, { stack, uid: live.uid, session: session.uid });
    if (done) session.isOver = true;
    if (done) this.#tally.saw('ended by an admin');
  }
}
