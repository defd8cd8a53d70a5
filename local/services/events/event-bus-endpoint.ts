import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import type { Faults, Wish } from '../../front/faults.ts';
import type { Front } from '../../front/front.ts';
import type { Caller } from '../../front/front-gate.ts';
import { accessKeyIdOf, jsonIn, readBody, reply } from '../../front/front-wire.ts';
import { serveOnLoopback } from '../../loopback.ts';
import { refusalOf } from '../../template/iam.ts';
import { arn } from '../../template/resource-types.ts';
import { type BusEvent, busEvent, type EventBus } from './event-bus.ts';

/** One PutEvents request, as a fault sees it; the caller is the logical id of a role, or `operator`. */
export interface PutEvents {
  readonly caller: string;
  readonly entries: readonly Entry[];
}
/** What EventBridge does rarely: the first two kinds fail entries, and `lose-answer` comes after all are accepted. */
export interface BusFault extends Wish<PutEvents> {
  readonly kind: 'InternalFailure' | 'ThrottlingException' | 'lose-answer';
  /** Places of the entries that fail; all unless given. */
  readonly entries?: readonly number[];
}

interface EndpointOptions {
  readonly bus: EventBus;
  readonly front: Pick<Front, 'callerWith'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly faults: Faults<PutEvents, BusFault>;
}

/** Serves PutEvents on loopback, to callers whose role allows it. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export async function startEventBusEndpoint(options: EndpointOptions) {
  return await serveOnLoopback((incoming, outgoing) => serve(options, incoming, outgoing));
}

const EntrySchema = z.looseObject({
  EventBusName: z
    .string()
    .default('default')
    .transform((nameOrArn) => nameOrArn.replace(/^.*:event-bus\//, '')),
  Source: z.string().default(''),
  DetailType: z.string().default(''),
  Detail: z.string().default(''),
  Resources: z.array(z.string()).default([]),
  /** epoch seconds */
  Time: z.number().optional(),
});
type Entry = z.infer<typeof EntrySchema>;
const RequestSchema = z.looseObject({ Entries: z.array(EntrySchema).min(1).max(10) });
const SIZE_LIMIT = 262_144;

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

async function serve(
  { front, faults, ...to }: EndpointOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const refuse = (__type: string, message: string) => reply(outgoing, { status: 400, body: { __type, message } });
  const raw = await readBody(incoming, 2 * SIZE_LIMIT);
  const caller = front.callerWith(accessKeyIdOf(incoming.headers));
  if (!caller) return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
  if (incoming.headers['x-amz-target'] !== 'AWSEvents.PutEvents')
    return refuse('UnknownOperationException', 'Only PutEvents is served here.');
  const request = RequestSchema.safeParse(jsonIn(raw));
  if (!request.success) return refuse('ValidationException', z.prettifyError(request.error));
  const entries = request.data.Entries;
  const refused = refusalFor(caller, entries);
  if (refused !== undefined) return refuse('AccessDeniedException', refused);
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > SIZE_LIMIT)
    return refuse('ValidationException', 'Total size of the entries in the request is over the limit.');
  const fault = faults.take({ caller: caller.name, entries });
  const results = put(entries, fault, to);
  if (fault?.kind === 'lose-answer') return void outgoing.destroy();
  const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
  reply(outgoing, { status: 200, body: { FailedEntryCount, Entries: results } });
}

function refusalFor({ rights, principal }: Caller, entries: readonly Entry[]): string | undefined {
  return entries
    .map(({ EventBusName }) => arn('events', `event-bus/${EventBusName}`))
    .map(
      (resource) => rights && refusalOf(rights, { principal, action: 'events:PutEvents', resource, leadingKeys: [] }),
    )
    .find((refusal) => refusal !== undefined);
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
function sizeOf({ Time, Source, DetailType, Detail, Resources }: Entry): number {
  return Buffer.byteLength([Source, DetailType, Detail, ...Resources].join('')) + (Time === undefined ? 0 : 14);
}

function put(
  entries: readonly Entry[],
  fault: BusFault | undefined,
  { bus, clock }: Pick<EndpointOptions, 'bus' | 'clock'>,
) {
  const isHit = (at: number) =>
    fault !== undefined && fault.kind !== 'lose-answer' && (fault.entries?.includes(at) ?? true);
  const results = entries.map((entry, at) =>
    fault && isHit(at) ? refusal(fault.kind, 'a fault that was injected') : eventOf(entry, bus, clock.now()),
  );
  bus.publish(results.filter((result) => 'event' in result));
  return results.map((result) => ('event' in result ? { EventId: result.event.id } : result));
}

function eventOf(entry: Entry, { names }: EventBus, now: Date): { bus: string; event: BusEvent } | Refusal {
  const { EventBusName, Source, DetailType, Detail, Resources, Time } = entry;
  // AWS takes such an event and drops it without a word; here the mistake is seen.
  if (!names.includes(EventBusName)) return refusal('InvalidArgument', `Event bus ${EventBusName} does not exist.`);
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (value === '')
      return refusal('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  if (Source.startsWith('aws.'))
    return refusal('NotAuthorizedForSourceException', `Not authorized for the source ${Source}.`);
  const detail = z.record(z.string(), z.unknown()).safeParse(jsonIn(Detail));
  if (!detail.success) return refusal('MalformedDetail', 'Detail is malformed.');
  const content = { source: Source, 'detail-type': DetailType, detail: detail.data, resources: Resources };
  return { bus: EventBusName, event: busEvent(content, Time === undefined ? now : new Date(Time * 1000)) };
}

function refusal(ErrorCode: string, ErrorMessage: string): Refusal {
  return { ErrorCode, ErrorMessage };
}
