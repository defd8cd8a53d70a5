/** Flows with one of their writes late: given up, answered by a retry, overtaken by what comes after it, and carried out then. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { canonicalJson } from '../../functions/values/canonical-json.ts';
import type { Answer, HeldWrite } from '../../local/front/faults.ts';
import type { FrontRequest } from '../../local/front/front-gate.ts';
import { HygieneScene } from './hygiene-scene.ts';
import { sessionsTable } from './many-sessions.ts';
import type { StoredItem } from './operator.ts';

/** A flow that is ready to begin. */
export interface Deed {
  /** The flow. */
  readonly act: () => Promise<unknown>;
  /** How it is begun again by who was told that it failed; in the same way unless given. */
  readonly again?: () => Promise<unknown>;
  /** What comes after it, and must not be undone. */
  readonly later?: () => Promise<unknown>;
  /** Rows of things that nobody was told of: those may come late. */
  readonly isNobodys?: (row: StoredItem) => boolean;
  /** What the product promises then. */
  readonly check?: () => Promise<unknown>;
}

export interface Flow {
  readonly name: string;
  /** The function whose writes are late: `http/revoke`. */
  readonly by: string;
  /** Every write of it, as `nameOf` has it. One that is not here fails the test: then the flow has to say what comes after it. */
  readonly writes: readonly string[];
  /** Those that other flows do not try; all unless given. */
  readonly only?: readonly string[];
  /** Both unless given. */
  readonly lateness?: readonly Lateness[];
  readonly prepare: () => Promise<Deed>;
}

/** `answered`: the SDK's retry is carried out first. `given up`: all attempts are late, and whoever asked for it asks again. */
export type Lateness = 'answered' | 'given up';

const attempts = { answered: 1, 'given up': 3 } as const;

const Key = z.looseObject({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) });
const Part = z.looseObject({ TableName: z.string(), Key: Key.optional(), Item: Key.optional() });
const Body = z.looseObject({
  TransactItems: z.array(z.record(z.string(), Part)).optional(),
  RequestItems: z
    .record(z.string(), z.array(z.record(z.string(), z.looseObject({ Key: Key.optional(), Item: Key.optional() }))))
    .optional(),
});
const Texts = z.union([z.string(), z.array(z.string())]).transform((texts) => [texts].flat());
const Keys = z.looseObject({ 'dynamodb:LeadingKeys': Texts });
const Policy = z.looseObject({
  Roles: z.array(z.string()),
  PolicyDocument: z.looseObject({
    Statement: z.array(
      z.looseObject({
        Action: Texts,
        Resource: Texts,
        Condition: z.looseObject({ 'ForAllValues:StringLike': Keys }).optional(),
      }),
    ),
  }),
});
const verbs: Readonly<Record<string, string>> = {
  Put: 'put',
  PutItem: 'put',
  PutRequest: 'put',
  Update: 'update',
  UpdateItem: 'update',
  Delete: 'delete',
  DeleteItem: 'delete',
  DeleteRequest: 'delete',
};

export class LateWrites {
  readonly scene: HygieneScene;
  readonly #tables: ReadonlyMap<string, string>;

  private constructor(scene: HygieneScene) {
    this.scene = scene;
    const { tables } = scene.running.operator;
    const named = { ...tables, sessions: sessionsTable(scene.running) };
    this.#tables = new Map(Object.entries(named).map(([name, physical]) => [physical, name]));
  }

  static async start(): Promise<LateWrites> {
    return new LateWrites(await HygieneScene.start());
  }

  /** What a write changes: `put sessions SESSION`, `update tokens TOKEN META + put audit STACK`; empty for what changes nothing. */
  nameOf({ operation, body }: Pick<FrontRequest, 'operation' | 'body'>): string {
    if (!/^(Put|Update|Delete|BatchWrite|TransactWrite)/.test(operation)) return '';
    const { TransactItems, RequestItems = {} } = Body.parse(body);
    const parts = TransactItems?.flatMap((item) => Object.entries(item)) ?? [
      ...(verbs[operation] ? [[operation, Part.parse(body)] as const] : []),
      ...Object.entries(RequestItems).flatMap(([TableName, requests]) =>
        requests.flatMap((request) =>
          Object.entries(request).map(([verb, part]) => [verb, { ...part, TableName }] as const),
        ),
      ),
    ];
    const names = parts.flatMap(([verb, { TableName, ...part }]) => {
      const key = part.Key ?? part.Item;
      return verbs[verb] && key ? [`${verbs[verb]} ${this.#tables.get(TableName)} ${kindOf(key.pk.S, key.sk.S)}`] : [];
    });
    return [...new Set(names)].join(' + ');
  }

  /** What a function may write: `sessions SESSION`, by the policies of the template. */
  rightsOf(by: string): string[] {
    const { system, operator } = this.scene.running;
    const { name } = system.stack.get(operator.roleOf(by));
    const policies = system.stack.ofType('AWS::IAM::Policy').map(({ properties }) => Policy.parse(properties));
    const statements = policies.flatMap(({ Roles, PolicyDocument }) =>
      Roles.includes(name) ? PolicyDocument.Statement : [],
    );
    return statements.flatMap(({ Action, Resource, Condition }) => {
      if (!Action.some((action) => /^dynamodb:(Put|Update|Delete|BatchWrite)Item$/.test(action))) return [];
      const keys = Condition?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'] ?? [];
      const tables = Resource.map((arn) => this.#tables.get(arn.replace(/^.*:table\//, '')));
      return tables.flatMap((table) => keys.map((key) => `${table} ${key.replace('#*', '')}`));
    });
  }

  /** The names of a flow's writes, in order, when nothing is late. */
  async writesOf({ by, prepare }: Flow): Promise<string[]> {
    const { act, later, check } = await prepare();
    await this.#quiet();
    const recording = this.scene.running.system.front.record();
    await act();
    await this.#quiet();
    recording.stop();
    await later?.();
    await check?.();
    const role = this.scene.running.operator.roleOf(by);
    return recording.requests.flatMap((request) =>
      request.caller === role && request.status === 200 ? this.nameOf(request) || [] : [],
    );
  }

  /** A flow with its n-th write of a name late. What is stored and told must be the same before and after it is carried out. */
  async tryLate({ by, prepare }: Flow, { write, nth, lateness }: { write: string; nth: number; lateness: Lateness }) {
    const { front } = this.scene.running.system;
    const { act, again = act, later, isNobodys = () => false, check } = await prepare();
    await this.#quiet();
    const role = this.scene.running.operator.roleOf(by);
    const held: HeldWrite[] = [];
    const recording = front.record();
    let [seen, retries] = [0, 0];
    let chosen: string | undefined;
    const isIt = (target: Pick<FrontRequest, 'caller' | 'operation' | 'body'>) => {
      if (target.caller !== role || this.nameOf(target) !== write) return false;
      if (chosen === undefined && ++seen === nth) chosen = itemOf(target);
      return chosen === itemOf(target);
    };
    const hold = (late: HeldWrite) => {
      held.push(late);
      retries = recording.requests.length;
    };
    const remove = front.inject({ kind: 'late', times: attempts[lateness], when: isIt, hold });
    await act();
    await expect.poll(() => held.length, { message: `${write} is late` }).toBe(attempts[lateness]);
    remove();
    const isRetried = () => recording.requests.slice(retries).some(isIt);
    if (lateness === 'given up') await again();
    else await expect.poll(isRetried, { message: `${write} is sent again` }).toBe(true);
    await this.#quiet();
    recording.stop();
    await later?.();
    await this.#quiet();
    const before = await this.#everything(isNobodys);
    const answers: Answer[] = [];
    for (const late of held) answers.push(await late.carryOut());
    await this.#quiet();
    const changed = changesBetween(before, await this.#everything(isNobodys));
    expect(changed, `${lateness}: ${write}, answered ${answers.map(({ status }) => status).join(', ')}`).toEqual([]);
    await check?.();
  }

  /** Until what was written has been told, and functions have done what they do beside their answers. */
  async #quiet(): Promise<void> {
    await this.scene.running.system.streams.idle();
  }

  /** Rows, events and mails, each under its name; without counters, for a retry may count twice. */
  async #everything(isNobodys: (row: StoredItem) => boolean): Promise<ReadonlyMap<string, string>> {
    const { operator, system } = this.scene.running;
    const rows = Object.entries(await operator.everything()).flatMap(([table, items]) =>
      items
        .filter((item) => !isNobodys(item))
        .map((item) => [`${this.#tables.get(table)} ${item.pk} ${item.sk}`, textOf(item)] as const),
    );
    const events = system.bus
      .events(undefined, mostEvents)
      .map((event) => [`event ${event.id}`, canonicalJson(event)] as const);
    const mails = system.mails.list().map((mail) => [`mail ${mail.id}`, canonicalJson(mail)] as const);
    return new Map([...rows, ...events, ...mails]);
  }
}

/** More than a flow has. */
const mostEvents = 200;

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  return names.map((name) => `${name}: ${before.get(name)} became ${after.get(name)}`);
}

/** Which item a write is about, where that is the same for each attempt: a put may bring another one. */
const itemOf = ({ body }: Pick<FrontRequest, 'body'>) => JSON.stringify(body.Key ?? body.RequestItems ?? null);

const texts = new WeakMap<StoredItem, string>();

/** An item without its counters. Most items are the same objects as before, so each is written out once. */
function textOf(item: StoredItem): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const { used, calls, ...row } = item;
  const text = canonicalJson(row);
  texts.set(item, text);
  return text;
}

/** `TOKEN META`, `STACK MEMBER`, `SESSION`: the words of a key, without what they are about. */
function kindOf(pk: string, sk: string): string {
  const words = [pk, sk].flatMap((key) => /^[A-Z_]+(?=#|$)/.exec(key)?.[0] ?? []);
  return words.join(' ');
}

/** Tries every write of the flows late, in each way, on a system of their own. @returns that system, while it runs */
export function tryEachLate(flowsOf: (late: () => LateWrites) => readonly Flow[]): () => LateWrites {
  let late: LateWrites;
  beforeAll(async () => {
    late = await LateWrites.start();
  });
  afterAll(() => late.scene.running.stop());

  it.each(flowsOf(() => late))('changes nothing that came after it: $name', { timeout: 300_000 }, async (flow) => {
    const writes = await late.writesOf(flow);
    // An SDK's client that has retried much retries no more.
    await late.scene.running.system.functions.crash(flow.by);
    expect(new Set(writes), 'the writes that the flow names').toEqual(new Set(flow.writes));
    for (const lateness of flow.lateness ?? (['answered', 'given up'] as const))
      for (const write of flow.only ?? flow.writes) {
        const times = writes.filter((one) => one === write).length;
        for (let nth = 1; nth <= times; nth += 1) await late.tryLate(flow, { write, nth, lateness });
      }
  });
  return () => late;
}
