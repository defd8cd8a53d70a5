import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { openEnum } from '../values/open-enum.ts';
import { revocationReasons } from '../values/revocation-reason.ts';

const instant = z.string();
/** Why a token's power ended. A consumer accepts a reason that it does not know. */
const reason = openEnum(revocationReasons);
const change = z.object({ field: z.string(), from: z.unknown(), to: z.unknown() });

/** What every event tells of its token, so that a consumer can drop what is late. */
const subject = {
  token_uid: z.string(),
  token_version: z.number(),
  epoch: z.number(),
  api_key: z.string(),
  name: z.string(),
};

const ReceiptSummarySchema = z.object({
  reason,
  actor: z.string(),
  refused_from: instant,
  completed_at: instant,
  sessions: z.object({ total: z.number(), ended: z.number(), remaining: z.number() }),
  tidied_ms: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  waited_ms: z.nullable(z.number()),
});

/** Every event that Tokenward publishes, by its type: publisher, rules and consumers read this one list. */
export const eventSchemas = {
  'token.created': z.object({ ...subject, created_by: z.string(), expires_at: z.nullable(instant) }),
  'token.edited': z.object({
    ...subject,
    updated_by: z.string(),
    changes: z.array(change),
    widened: z.boolean(),
    narrowed: z.boolean(),
  }),
  'token.expiring': z.object({
    ...subject,
    expires_at: instant,
    days_left: z.number(),
    last_used_at: z.nullable(instant),
  }),
  'token.expired': z.object({ ...subject, expires_at: instant, last_used_at: z.nullable(instant) }),
  'token.deleted': z.object({ ...subject, reason, actor: z.string() }),
  /** Somebody still calls with the value of a dead token; `calls` in all until then. */
  'token.used_after_death': z.object({
    ...subject,
    client: z.string(),
    remote_addr: z.string(),
    calls: z.number(),
  }),
  'sessions.revoked': z.object({
    ...subject,
    operation: z.string(),
    cause: reason,
    shard: z.string(),
    sessions: z.array(z.string()).check(z.maxLength(100)),
    /**
     * No other session of this shard follows. Each shard of which sessions were told has such an event; where the rows that were to
     * follow went by themselves it has none of its own. It may come again, with a session whose opening was refused meanwhile: what
     * says that all is over is `revocation.completed`.
     */
    last: z.boolean(),
  }),
  'revocation.completed': z.object({ ...subject, operation: z.string(), receipt: ReceiptSummarySchema }),
  /** A run of the sweep that did something; an idle one tells nothing. */
  'hygiene.run': z.object({
    notices: z.number(),
    skipped: z.number(),
    cleaned_up: z.number(),
    held_back: z.number(),
    not_due: z.number(),
    mails: z.object({ sent: z.number(), failed: z.number(), unknown: z.number(), undeliverable: z.number() }),
    /** Tokens whose handling failed. */
    failed: z.array(z.string()),
    complete: z.boolean(),
  }),
  /** A mail that nobody will get; `person` is null where there is nobody to mail. */
  'notice.undeliverable': z.object({
    api_key: z.string(),
    send_at: instant,
    person: z.nullable(z.string()),
    reason: z.string(),
    tokens: z.array(z.string()),
  }),
} as const;

export type EventType = keyof typeof eventSchemas;
export type EventData<T extends EventType> = z.output<(typeof eventSchemas)[T]>;

/** The source of all events, on the bus and as CloudEvents have it. */
export const eventSource = 'tokenward';

/** An event as it is published: CloudEvents 1.0. */
export interface TokenwardEvent<T extends EventType = EventType> {
  readonly specversion: '1.0';
  /** Ours, and the same across retries: consumers drop what they have seen. */
  readonly id: string;
  readonly source: typeof eventSource;
  readonly type: T;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: EventData<T>;
}

/** Makes an event. `identity` is what makes it this one and no other: its id is a hash of type and identity. */
export function eventOf<T extends EventType>(
  type: T,
  { identity, time, data }: { identity: readonly unknown[]; time: string; data: EventData<T> },
): TokenwardEvent<T> {
  return {
    specversion: '1.0',
    id: createHash('sha256')
      .update(JSON.stringify([type, ...identity]))
      .digest('hex')
      .slice(0, 32),
    source: eventSource,
    type,
    subject:
      'token_uid' in data ? `tokens/${data.token_uid}` : 'api_key' in data ? `stacks/${data.api_key}` : 'hygiene',
    time,
    datacontenttype: 'application/json',
    // What is not in the schema does not leave.
    data: eventSchemas[type].parse(data) as EventData<T>,
  };
}

/** Publishes events, again those that the bus did not take. @throws when the bus takes some of them not at all */
export interface EventPublisher {
  publish(events: readonly TokenwardEvent[]): Promise<void>;
}
