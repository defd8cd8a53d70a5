import type { Change } from '../../support/simulated-dynamo.ts';
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
  /** What was changed in storage, as far as that can be seen. */
  readonly changes: Change[];
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
    this.#doors.changes.splice(0);
    const begun = this.#doors.spent();
    const reply = await this.#send(request);
    const ms = this.#doors.spent() - begun;
    const changed = [...this.#doors.changes];
    const fault = faultOf(request, { reply, ms, changed, name: before.name }) ?? (await this.#follow(request, reply));
    return { status: reply.status, fault };
  }

  #send({
    route,
    uid = this.#token.uid,
    query = '',
    headers = { api_key: 'MINE', ...json },
    body = '',
  }: OddRequest): Promise<InProcessReply> {
    const api_key = headers.api_key === 'MINE' ? this.#stack : (headers.api_key ?? '');
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
  }

  /** Keeps in mind what was done; a token that was made goes again, by the other form of its name. */
  async #follow({ route }: OddRequest, { status, body }: InProcessReply): Promise<string | null> {
    if (status === 200 && route === `DELETE ${tokens}/{uid}`) this.#uses = usesUntilNew;
    if (status === 200 && route === `PUT ${tokens}/{uid}`) this.#token = body.token;
    if (status !== 201 || !body.token) return null;
    const query = `confirm_name=${inUrl(String(body.token.name).normalize('NFD'))}`;
    const reply = await this.#send({ route: `DELETE ${tokens}/{uid}`, uid: body.token.uid, query, field: /./ });
    return reply.status === 200 ? null : `its own name does not delete it: ${reply.text}`;
  }
}
