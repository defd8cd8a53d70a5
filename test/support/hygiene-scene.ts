import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { personUid } from '../../functions/stacks/person.ts';
import { people } from '../../local/people/accounts.ts';
import type { SystemOptions } from '../../local/system.ts';
import { type Reply, RunningSystem } from './running-system.ts';

const hourMs = 3_600_000;

export interface MadeToken {
  readonly uid: string;
  readonly name: string;
  readonly value: string;
}

/** The local system as a test of hygiene moves through it: it makes stacks of its own, moves the clock and runs the sweep. */
export class HygieneScene {
  readonly running: RunningSystem;
  /** The role of the sweep, as faults see it. */
  readonly sweeper: string;

  private constructor(running: RunningSystem) {
    this.running = running;
    this.sweeper = running.operator.roleOf('schedule/sweep');
  }

  static async start(options: Pick<SystemOptions, 'assembly'> = {}): Promise<HygieneScene> {
    return new HygieneScene(await RunningSystem.start(options));
  }

  /** Begins at an hour of the day (UTC), with nothing due about any token that is there: tests look at tokens of their own. */
  async begin(hour: number): Promise<void> {
    await this.running.system.streams.idle();
    await this.running.operator.leaveNothingDue();
    this.goTo(hour);
  }

  get now(): Date {
    return this.running.system.clock.now();
  }

  after(hours: number): string {
    return new Date(this.now.getTime() + hours * hourMs).toISOString();
  }

  /** Moves the clock to the next time that it is this hour of the day, in UTC, and perhaps some minutes past it. */
  goTo(hour: number, minutes = 0): void {
    const then = new Date(this.now);
    then.setUTCHours(hour, minutes, 0, 0);
    if (then < this.now) then.setUTCDate(then.getUTCDate() + 1);
    this.running.system.clock.to(then.toISOString());
  }

  pass(hours: number): void {
    this.running.system.clock.advance(`PT${Math.round(hours * 3600)}S`);
  }

  /** Runs the sweep now. @returns its report; throws where it failed */
  async sweep() {
    const done = await this.running.system.schedules.run('sweep');
    if (!done || done.error) throw new Error(`The sweep failed: ${JSON.stringify(done?.error)}`);
    return done.result as Record<string, unknown>;
  }

  /** A new stack of Olivia's, of which Adam is an admin. */
  async stack(name: string): Promise<HygieneStack> {
    const key = await this.running.createStack('owner', name);
    const uid = this.uidOf('admin');
    const { client, tables } = this.running.operator;
    const row = { pk: `STACK#${key}`, sk: `MEMBER#${uid}` };
    const member = { uid, role: 'admin', issuer: this.running.system.issuer.endpoint, sub: people.admin.sub };
    await client.send(new PutItemCommand({ TableName: tables.tokens, Item: marshall({ ...row, ...member }) }));
    return new HygieneStack(this, { key, name });
  }

  uidOf(person: keyof typeof people): string {
    return personUid({ issuer: this.running.system.issuer.endpoint, sub: people[person].sub });
  }

  /** What the bus was told, the oldest first, when the streams have nothing left to tell. */
  async events(type: string, about: string): Promise<{ id: string; data: Record<string, unknown> }[]> {
    await this.running.system.streams.idle();
    const events = this.running.system.bus.events({ 'detail-type': [type] }).reverse();
    return events.flatMap(({ detail }) =>
      JSON.stringify(detail).includes(about) ? [detail as { id: string; data: Record<string, unknown> }] : [],
    );
  }
}

/** A stack as a test looks at it. */
export class HygieneStack {
  readonly key: string;
  readonly name: string;
  readonly #scene: HygieneScene;

  constructor(scene: HygieneScene, { key, name }: { key: string; name: string }) {
    this.#scene = scene;
    this.key = key;
    this.name = name;
  }

  /** A token that expires after so many hours. */
  async token(
    name: string,
    hours: number,
    { as = 'owner', ...fields }: { as?: 'owner' | 'admin'; [field: string]: unknown } = {},
  ): Promise<MadeToken> {
    const token = { name, expires_on: this.#scene.after(hours), ...fields };
    return await this.#scene.running.createToken(token, { as, stack: this.key });
  }

  async edit({ uid }: MadeToken, fields: Readonly<Record<string, unknown>>): Promise<Reply> {
    return await this.call('PUT', `/v3/stacks/management_tokens/${uid}`, { token: fields });
  }

  async use({ value }: MadeToken): Promise<Reply> {
    return await this.#scene.running.use(value, { stack: this.key, headers: { 'user-agent': 'deployer/1.2' } });
  }

  async settings(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const { status, text } = await this.call('PUT', '/v3/stacks/token_hygiene', { token_hygiene: fields });
    if (status !== 200) throw new Error(text);
  }

  async deliveries(): Promise<Record<string, unknown>[]> {
    return (await this.call('GET', '/v3/stacks/token_hygiene')).body.deliveries;
  }

  async call(method: string, path: string, json?: unknown): Promise<Reply> {
    return await this.#scene.running.call(method, path, { as: 'owner', stack: this.key, ...(json ? { json } : {}) });
  }

  /** The mails about it, the oldest first. */
  get mails() {
    return this.#scene.running.system.mails
      .list()
      .filter(({ subject, text }) => subject.includes(this.name) || text.includes(this.key))
      .reverse();
  }

  /** To whom they went, by first name. */
  get mailedTo(): string[] {
    return this.mails.flatMap(({ to }) => to.map((address) => address.replace('@example.test', ''))).sort();
  }
}
