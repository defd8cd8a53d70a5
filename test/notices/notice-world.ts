import { randomBytes } from 'node:crypto';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { DynamoDigestRepository } from '../../functions/aws/dynamo-digest-repository.ts';
import { DynamoHygieneRepository } from '../../functions/aws/dynamo-hygiene-repository.ts';
import { DynamoNoticeRepository } from '../../functions/aws/dynamo-notice-repository.ts';
import { DynamoStackRepository } from '../../functions/aws/dynamo-stack-repository.ts';
import { DynamoTokenRepository } from '../../functions/aws/dynamo-token-repository.ts';
import { noticeFrom } from '../../functions/aws/notice-items.ts';
import { createStorage } from '../../functions/aws/storage/storage.ts';
import { tokenFrom } from '../../functions/aws/token-item.ts';
import type { EventType, TokenwardEvent } from '../../functions/events/catalogue.ts';
import { changeHygiene, previewRun } from '../../functions/notices/change-hygiene.ts';
import type { Mail, MailOutcome } from '../../functions/notices/mailer.ts';
import type { Notice } from '../../functions/notices/notice-repository.ts';
import { type SweepDependencies, sweep } from '../../functions/notices/sweep.ts';
import type { SweepReport } from '../../functions/notices/sweep-report.ts';
import { createStack } from '../../functions/stacks/create-stack.ts';
import type { Role } from '../../functions/stacks/stack.ts';
import { eventsOf } from '../../functions/stream/token-changes.ts';
import { createToken } from '../../functions/tokens/create-token.ts';
import { deleteToken } from '../../functions/tokens/delete-token.ts';
import { editToken } from '../../functions/tokens/edit-token.ts';
import type { Token } from '../../functions/tokens/token.ts';
import { keys, tableSpecs, tables } from '../simulation/simulated-dependencies.ts';
import { type Change, SimulatedDynamo } from '../simulation/simulated-dynamo.ts';
import { scopes } from '../simulation/simulated-scopes.ts';
import { actorOf, addressOf } from './notice-people.ts';

export const day = 86_400_000;
export const hour = day / 24;
/** Day 0 of every world; mails go at 08:00. */
const startMs = Date.parse('2026-03-01T07:00:00.000Z');

export interface SentMail extends Mail {
  /** In days since the start. */
  readonly day: number;
}

/** The real use cases of hygiene in this process, over the simulated DynamoDB: one stack, and a clock that stands until it is moved. */
export class NoticeWorld {
  /** Taken by SES, also those of which it is not known. */
  readonly mails: SentMail[] = [];
  readonly dynamo = new SimulatedDynamo({ tables: tableSpecs, onCommit: (change) => this.#committed(change) });
  /** What becomes of a mail. */
  outcome: (to: string, mail: Mail) => MailOutcome = () => ({ outcome: 'sent', message_id: 'id' });
  stack = '';
  readonly #events = new Map<string, TokenwardEvent>();
  readonly #storage = createStorage(this.dynamo, { pause: async () => {}, jitter: () => 1 });
  readonly #tokens = new DynamoTokenRepository(this.#storage, tables);
  readonly #stacks = new DynamoStackRepository(this.#storage, tables);
  readonly #hygiene = new DynamoHygieneRepository(this.#storage, tables);
  #ms = startMs;
  #runs = 0;

  /** @param people who belongs to the stack beside its owner, with an address unless it is said otherwise */
  static async make(
    people: Readonly<Record<string, Role>> = { adam: 'admin', dana: 'developer' },
  ): Promise<NoticeWorld> {
    const world = new NoticeWorld();
    const deps = { ...world.given(), stacks: world.#stacks, organizationUid: 'blt00000000000000aa' };
    const newStackPlan = { max_tokens: 45, manage_rate_limits: false };
    const { stack } = await createStack(
      { ...deps, newStackPlan },
      { actor: actorOf('olivia'), fields: { name: 'Acme' } },
    );
    world.stack = stack.api_key;
    for (const [name, role] of Object.entries(people)) world.putMember(name, role);
    return world;
  }

  get now(): Date {
    return new Date(this.#ms);
  }

  /** Days since the start. */
  get day(): number {
    return (this.#ms - startMs) / day;
  }

  at(days: number): string {
    return new Date(startMs + days * day).toISOString();
  }

  /** Moves the clock to a day; nothing runs meanwhile: the system is down. */
  downUntil(days: number): void {
    this.#ms = startMs + days * day;
  }

  /** The system is up until a day: it runs each day at 07:00, when thresholds of a world's tokens pass, and at 08:00, the hour of mails. */
  async upUntil(days: number): Promise<void> {
    while (this.day < days) {
      await this.tick();
      this.#ms += hour;
      await this.tick();
      this.#ms += 23 * hour;
    }
    await this.tick();
  }

  /** Runs once, now, or so many hours later. */
  async tick(hoursLater = 0, deps: Partial<SweepDependencies> = {}, time?: Date): Promise<SweepReport> {
    this.#ms += hoursLater * hour;
    this.#runs += 1;
    const run = { time: time ?? this.now, requestId: `run-${this.#runs}` };
    return await sweep({ ...this.sweepDependencies(), ...deps }, run);
  }

  /** A token that expires on a day; null: never. @returns its uid */
  async token({
    name = 'ci-deploy',
    expires,
    by = 'olivia',
    flag = false,
  }: {
    name?: string;
    expires: number | null;
    by?: string;
    flag?: boolean;
  }): Promise<string> {
    const expires_on = expires === null ? null : this.at(expires);
    const fields = { name, scope: scopes.everything, expires_on, is_email_notification_enabled: flag };
    const { token } = await createToken(this.given(), { actor: actorOf(by), stack: this.stack, fields });
    return token.uid;
  }

  /** @param expires a day, `now`, or null for never */
  async expire(uid: string, expires: number | 'now' | null): Promise<void> {
    await this.edit(uid, { expires_on: typeof expires === 'number' ? this.at(expires) : expires });
  }

  async edit(uid: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await editToken(this.given(), { actor: actorOf('olivia'), stack: this.stack, uid, fields });
  }

  async delete(uid: string): Promise<void> {
    const { name: confirmName } = this.see(uid);
    await deleteToken(this.given(), { actor: actorOf('olivia'), stack: this.stack, uid, confirmName });
  }

  async settings(fields: Readonly<Record<string, unknown>>): Promise<void> {
    await changeHygiene(this.given(), { actor: actorOf('olivia'), stack: this.stack, fields });
  }

  async preview(fields: Readonly<Record<string, unknown>> | null = null) {
    return await previewRun(this.given(), { caller: actorOf('olivia').uid, stack: this.stack, fields });
  }

  /** A program uses a token now. */
  use(uid: string): void {
    const { table, ...key } = keys.lastUse(uid);
    this.dynamo.put(table, marshall({ ...key, at: this.now.toISOString(), client: 'deployer/1.2', remote_addr: '' }));
  }

  putMember(name: string, role: Role): void {
    const { uid, identity } = actorOf(name);
    const { issuer, sub } = identity;
    const { table, ...key } = keys.member(this.stack, uid);
    this.dynamo.put(table, marshall({ ...key, uid, role, issuer, sub }));
    this.putAddress(name, addressOf(name));
  }

  /** The address that the issuer has verified; null: none. */
  putAddress(name: string, address: string | null): void {
    const { uid, identity } = actorOf(name);
    const { table, ...key } = keys.person(uid);
    this.dynamo.put(table, marshall({ ...key, uid, sub: identity.sub, ...(address ? { email: address } : {}) }));
  }

  async removeMember(name: string): Promise<void> {
    await this.#storage.write({ delete: keys.member(this.stack, actorOf(name).uid) });
  }

  /** Changes a token's row behind the product's back. */
  spoil(uid: string, change: Readonly<Record<string, unknown>>): void {
    const [row] = this.rows(`TOKEN#${uid}`, 'META');
    this.dynamo.put(tables.tokens, marshall({ ...row, ...change }, { removeUndefinedValues: true }));
  }

  see(uid: string): Token {
    const token = this.rows(`TOKEN#${uid}`, 'META').flatMap((row) => tokenFrom(row) ?? [])[0];
    if (!token) throw new Error(`There is no token ${uid}.`);
    return token;
  }

  /** What was claimed about a token, in the order of the claims. */
  notices(uid: string): Notice[] {
    const found = this.rows(`NOTICE#${uid}`).flatMap((row) => noticeFrom(row) ?? []);
    return found.sort((a, b) => (a.claimed_at < b.claimed_at ? -1 : 1));
  }

  /** The thresholds of it. */
  told(uid: string): string[] {
    return this.notices(uid).map(({ threshold }) => threshold);
  }

  /** What became of the last mails, the newest first. */
  deliveries() {
    return this.#hygiene.deliveries(this.stack, 50);
  }

  /** Every event once, whatever was repeated. */
  events<T extends EventType>(type: T): TokenwardEvent<T>[] {
    return [...this.#events.values()].filter((event): event is TokenwardEvent<T> => event.type === type);
  }

  rows(pk: string, prefix = ''): Record<string, unknown>[] {
    const items = this.dynamo.snapshot().flatMap(([, all]) => all);
    return items.filter((item) => item.pk?.S === pk && item.sk?.S?.startsWith(prefix)).map((item) => unmarshall(item));
  }

  sweepDependencies(): SweepDependencies {
    return {
      ...this.given(),
      notices: new DynamoNoticeRepository(this.dynamo, this.#storage, tables),
      digests: new DynamoDigestRepository(this.#storage, tables),
      mailer: { send: (mail) => this.#send(mail) },
      publisher: { publish: async (events) => events.forEach((event) => void this.#events.set(event.id, event)) },
      consoleUrl: null,
      hasTime: () => true,
      onFailure: (what, error) => {
        throw new Error(what, { cause: error });
      },
    };
  }

  async #send(mail: Mail): Promise<MailOutcome> {
    const outcome = this.outcome(mail.to, mail);
    if (outcome.outcome === 'sent' || outcome.outcome === 'unknown') this.mails.push({ ...mail, day: this.day });
    return outcome;
  }

  /** As the stream brings it to the bus. */
  #committed({ after }: Change): void {
    const row = after && unmarshall(after);
    if (!String(row?.pk).startsWith('NOTICE#')) return;
    for (const event of eventsOf({ notice: noticeFrom(row) })) this.#events.set(event.id, event);
  }

  /** What use cases of hygiene and tokens are given. */
  given() {
    return {
      tokens: this.#tokens,
      hygiene: this.#hygiene,
      now: () => this.now,
      random: (bytes: number): Uint8Array => randomBytes(bytes),
      organization: { limits: { read: 10, write: 10 }, supportContact: 'support@example.test' },
    };
  }
}
