/** What programs and people do with sessions, over the simulated product. */

import { endOneSession } from '../../functions/sessions/end-one-session.ts';
import { endOwnSession, type OpenedSession, openSession } from '../../functions/sessions/open-session.ts';
import { revokeByValue } from '../../functions/sessions/revoke-by-value.ts';
import type { Actor } from '../../functions/stacks/person.ts';
import { endAllSessions } from '../../functions/tokens/end-all-sessions.ts';
import type { Receipt } from '../../functions/tokens/revocation.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import { verifyCredential } from '../../functions/verification/verify-credential.ts';
import type { Answer, Person } from './simulated-answer.ts';
import type { Dependencies } from './simulated-dependencies.ts';

const by = { client: 'program', remote_addr: '192.0.2.9' };

export interface SessionsOptions {
  readonly deps: Readonly<Record<'opening' | 'verification' | 'change', Dependencies>>;
  readonly answer: <T>(who: Person, ask: (actor: Actor) => Promise<T>) => Promise<Answer<T>>;
}

/** A person here is only who asks; a program is known by what it presents. */
export class SimulatedSessions {
  readonly #deps: SessionsOptions['deps'];
  readonly #answer: SessionsOptions['answer'];

  constructor({ deps, answer }: SessionsOptions) {
    this.#deps = deps;
    this.#answer = answer;
  }

  open({ value, stack }: { value: string; stack: string }): Promise<Answer<OpenedSession>> {
    return this.#answer('outsider', async () => {
      const verified = await verifyCredential(this.#deps.opening, { value, stack, by });
      if (!verified.active) throw new Refusal('unauthenticated');
      const opened = await openSession(this.#deps.opening, { token: verified.token, stack, fields: {}, by });
      if ('value' in opened) return opened;
      throw new Refusal('unauthenticated');
    });
  }

  /** As the door: only a session that is good ends itself. */
  endOwn({ value, stack }: { value: string; stack: string }): Promise<Answer<true>> {
    return this.#answer('outsider', async () => {
      const { active, session } = await verifyCredential(this.#deps.verification, { value, stack, by });
      if (!active || !session) throw new Refusal('unauthenticated');
      await endOwnSession(this.#deps.change.sessions, session);
      return true as const;
    });
  }

  endOne(who: Person, { stack, uid, session }: { stack: string; uid: string; session: string }): Promise<Answer<true>> {
    return this.#answer(who, async (actor) => {
      await endOneSession(
        { ...this.#deps.change, sessions: this.#deps.change.managed },
        { actor, stack, uid, session },
      );
      return true as const;
    });
  }

  endAll(who: Person, { stack, uid }: { stack: string; uid: string }): Promise<Answer<Receipt>> {
    return this.#answer(who, (actor) => endAllSessions(this.#deps.change, { actor, stack, uid }));
  }

  revoke(value: string): Promise<Answer<true>> {
    return this.#answer('outsider', async ({ request_id, remote_addr }) => {
      await revokeByValue(this.#deps.change, { value, origin: { request_id, remote_addr } });
      return true as const;
    });
  }
}
