import type { ItemChange } from '../../support/stored-changes.ts';
import type { InProcessReply, InProcessRequest } from '../doors-in-process.ts';
import { faultOf } from './judge.ts';
import { goodScope, inUrl, type OddRequest, tokens } from './kind.ts';

interface OddToken {
  readonly uid: string;
  readonly name: string;
}

/** Where requests are sent, as the owner of whatever is made there. */
export interface Doors {
  send(request: InProcessRequest): Promise<InProcessReply>;
  /** Runs something, and tells what was changed in storage meanwhile: of a stack and a token, if nothing else can be told apart. */
  watched<T>(
    of: { readonly stack: string; readonly token: string },
    run: () => Promise<T>,
  ): Promise<{ readonly done: T; readonly changed: readonly ItemChange[] }>;
  /** Invites the owner to another stack, with an address that none of their stacks know. @returns its `api_key`; null: not here */
  invite(): Promise<string | null>;
  /** A clock in milliseconds, for what an answer costs. */
  spent(): number;
}

const json = { 'content-type': 'application/json' };
const usesUntilNew = 500;

/** A stack with a token, to send odd things to. A new one now and then, so that none becomes slow. */
export class StackOfTokens {
  readonly #open: () => Doors;
  #doors: Doors;
  #stack = '';
  #inviting: string | null = null;
  #token: OddToken = { uid: '', name: '' };
  #uses = usesUntilNew;

  /** @param open other doors each time, where a stack is to be the only one */
  constructor(open: () => Doors) {
    this.#open = open;
    this.#doors = open();
  }

  /** Sends a request, and tells what is wrong with the answer or with what became of the token; null when nothing is. */
  async fault(request: OddRequest): Promise<{ readonly status: number; readonly fault: string | null }> {
    if (++this.#uses > usesUntilNew) await this.#renew();
    const before = this.#token;
    const { done, changed } = await this.#doors.watched({ stack: this.#stack, token: before.uid }, async () => {
      const begun = this.#doors.spent();
      const reply = await this.#send(request);
      return { reply, ms: this.#doors.spent() - begun };
    });
    const { reply } = done;
    const fault = faultOf(request, { ...done, changed, name: before.name }) ?? (await this.#follow(request, reply));
    return { status: reply.status, fault };
  }

  #send({
    route,
    uid = this.#token.uid,
    query = '',
    headers = { api_key: 'MINE', ...json },
    body = '',
  }: OddRequest): Promise<InProcessReply> {
    const known: Record<string, string | null> = { MINE: this.#stack, INVITING: this.#inviting };
    const api_key = known[headers.api_key ?? ''] ?? headers.api_key ?? '';
    return this.#doors.send({ route, query, body, params: { uid }, headers: { ...headers, api_key } });
  }

  async #renew(): Promise<void> {
    this.#doors = this.#open();
    this.#uses = 0;
    const { body } = await this.#doors.send({
      route: 'POST /v3/stacks',
      headers: json,
      body: '{"stack":{"name":"Web"}}',
    });
    this.#stack = body.stack.api_key;
    const token = JSON.stringify({ token: { name: 'ci-deploy', scope: goodScope } });
    this.#token = (await this.#send({ route: `POST ${tokens}`, body: token, field: /./ })).body.token;
    this.#inviting = await this.#doors.invite();
  }

  /** Keeps in mind what was done. A token that was made goes again, by the other form of its name; a visit leaves nothing waiting. */
  async #follow({ route }: OddRequest, { status, body }: InProcessReply): Promise<string | null> {
    if (status === 200 && route === `DELETE ${tokens}/{uid}`) this.#uses = usesUntilNew;
    if (status === 200 && route === `PUT ${tokens}/{uid}`) this.#token = body.token;
    if (status === 200 && route === 'GET /v3/stacks') {
      this.#inviting = await this.#doors.invite();
      // Each time they join a stack, and who is in 50 is let in unasked no more.
      this.#uses += usesUntilNew / 40;
    }
    if (status !== 201 || !body.token) return null;
    const query = `confirm_name=${inUrl(String(body.token.name).normalize('NFD'))}`;
    const reply = await this.#send({ route: `DELETE ${tokens}/{uid}`, uid: body.token.uid, query, field: /./ });
    return reply.status === 200 ? null : `its own name does not delete it: ${reply.text}`;
  }
}
