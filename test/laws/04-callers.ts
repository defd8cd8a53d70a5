/** Who makes, uses and loses tokens, and writes values where they do not belong; and what they were answered. */
import fc from 'fast-check';
import { type Door, doors } from '../simulation/simulated-doors.ts';
import { type Person, type SimulatedProduct, scopes } from '../simulation/simulated-product.ts';
import type { Scene } from '../simulation/simulated-races.ts';
import { fixture, type KnownToken } from '../simulation/simulated-stack.ts';

const { stack, live, stopped } = fixture;

/** Where somebody writes a value to that has no business there. */
const places = ['name', 'description', 'scope', 'expires_on', 'token'] as const;
type Place = (typeof places)[number];

export type Call =
  | { readonly what: 'create'; readonly key: string | undefined; readonly misplaced: Place | undefined }
  | { readonly what: 'edit'; readonly misplaced: Place | undefined }
  | { readonly what: 'delete'; readonly isNamed: boolean }
  | { readonly what: 'open'; readonly client: 'a program' | 'a value' }
  | { readonly what: 'use'; readonly door: Door; readonly isMisplaced: boolean }
  | { readonly what: 'revoke'; readonly kind: 'token' | 'session' }
  | { readonly what: 'end all' | 'list' | 'fetch' };

const what = <W extends Call['what']>(...some: W[]) => fc.constantFrom(...some);
const misplaced = fc.option(fc.constantFrom(...places), { nil: undefined, freq: 2 });
const keys = fc.constantFrom('key 1', 'key 2', live.value, undefined);
const creation = fc.record({ what: what('create'), key: keys, misplaced: fc.constant(undefined) });
const edit = fc.record({ what: what('edit'), misplaced });
const clients = fc.constantFrom<('a program' | 'a value')[]>('a program', 'a program', 'a value');
const opening = fc.record({ what: what('open'), client: clients });

export const calls: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: creation },
  { weight: 2, arbitrary: fc.record({ what: what('create'), key: fc.constant(undefined), misplaced }) },
  { weight: 2, arbitrary: edit },
  { weight: 2, arbitrary: opening },
  fc.record({ what: what('delete'), isNamed: fc.boolean() }),
  fc.record({ what: what('use'), door: fc.constantFrom(...doors), isMisplaced: fc.boolean() }),
  fc.record({ what: what('revoke'), kind: fc.constantFrom('token', 'session') }),
  fc.record({ what: what('end all', 'list', 'fetch') }),
);

/** What a call came to, as its caller sees it. */
export interface Heard {
  readonly text: string;
  /** The value that this answer is there to show. */
  readonly shown: string | undefined;
}

/** One person, with a program that uses what they made. Who is told to try again does, with the same key. */
export class Caller {
  readonly answers: Heard[] = [];
  readonly #scene: Scene<unknown>;
  readonly #who: Person;
  readonly #keys = new Set<string>();
  #token: KnownToken = live;
  #session: string = live.value;
  #made = 0;

  constructor(scene: Scene<unknown>, who: 'owner' | 'admin') {
    this.#scene = scene;
    this.#who = who;
  }

  async callAll(some: readonly Call[]): Promise<void> {
    for (const call of some) {
      const refused = await this.#call(call);
      if (refused === 'unavailable' || refused === 'conflict') await this.#call(call);
    }
  }

  /** Who used a key asks once more, whatever the answer was. */
  async askAgain(): Promise<void> {
    for (const key of this.#keys) await this.#call({ what: 'create', key, misplaced: undefined });
  }

  async #call(call: Call): Promise<string | undefined> {
    const { tally, product } = this.#scene;
    const { done, refused, shown } = await this.#send(call, product);
    this.answers.push({ text: JSON.stringify([done, refused]), shown });
    const isReplayed = call.what === 'create' && done && shown === undefined;
    const misplacement = 'misplaced' in call && call.misplaced ? ` with a value in its ${call.misplaced}` : '';
    tally.saw(`${call.what}${misplacement} ${isReplayed ? 'replayed' : (refused ?? 'done')}`);
    return refused;
  }

  async #send(call: Call, product: SimulatedProduct): Promise<{ done?: unknown; refused?: string; shown?: string }> {
    const { uid, value, name } = this.#token;
    const who = this.#who;
    switch (call.what) {
      case 'create':
        return await this.#create(call, product);
      case 'edit': {
        // As SDKs do: with everything that they were given.
        const given = call.misplaced ? misplacing(call.misplaced, value) : { description: `by ${who}`, token: value };
        return await product.edit(who, { stack, uid, fields: given });
      }
      case 'delete':
        return await product.delete(who, { stack, uid, confirmName: call.isNamed ? name : value });
      case 'open':
        return await this.#open(call.client === 'a value' ? `my ${value}` : call.client, product);
      case 'use': {
        const named = call.isMisplaced ? { stack: value, branch: value } : { stack };
        const { says, answer } = await product.doors.ask(call.door, { value: this.#session, ...named });
        const opened = call.door === 'opening' && answer ? valueIn(answer.body) : undefined;
        return { done: answer ?? says, ...(opened ? { shown: opened } : {}) };
      }
      case 'revoke':
        return await product.sessions.revoke(call.kind === 'token' ? value : this.#session);
      case 'end all':
        return await product.sessions.endAll(who, { stack, uid });
      case 'list':
        return await product.list(who, stack);
      case 'fetch':
        return await product.fetch(who, { stack, uid });
    }
  }

  async #create({ key, misplaced: place }: Extract<Call, { what: 'create' }>, product: SimulatedProduct) {
    this.#made += 1;
    const name = `${this.#who}'s ${key === live.value ? 'by a value' : (key ?? this.#made)}`;
    const fields = { name, scope: scopes.readOnly, ...(place ? misplacing(place, this.#token.value) : {}) };
    if (key) this.#keys.add(key);
    const answer = await product.create(this.#who, { stack, fields, ...(key ? { idempotencyKey: key } : {}) });
    const value = answer.done?.value;
    if (!value) return answer;
    this.#token = { uid: answer.done.token.uid, value, name };
    return { ...answer, shown: value };
  }

  async #open(client: string, product: SimulatedProduct) {
    const { says, answer } = await product.doors.ask('opening', { value: this.#token.value, stack, client });
    const value = answer && valueIn(answer.body);
    if (value) this.#session = value;
    return answer ? { done: answer, ...(value ? { shown: value } : {}) } : { refused: says };
  }
}

function misplacing(place: Place, value: string): Readonly<Record<string, unknown>> {
  if (place === 'scope') return { scope: [{ module: value }, { module: 'branch', branches: [value] }] };
  // Another's: one's own is taken for what an SDK sends back.
  if (place === 'token') return { token: stopped.value };
  return { [place]: place === 'description' ? `The value is ${value}.` : value };
}

/** The session's value, where a body shows one. */
function valueIn(body: object): string | undefined {
  const session: unknown = 'session' in body ? body.session : undefined;
  return typeof session === 'object' && session && 'token' in session ? String(session.token) : undefined;
}
