import { randomUUID } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import type { TableKeys } from '../services/dynamodb/tables.ts';
import { refusalOf, type Statement } from '../template/iam.ts';
import { accessesBy, Unjudgeable } from './access.ts';
import {
  type Answer,
  answerOf,
  canHit,
  type Fault,
  type FaultKind,
  Faults,
  type FaultTarget,
  failure,
} from './faults.ts';
import { accessKeyIdOf, forward, jsonIn, type RawAnswer, readBody, reply } from './front-wire.ts';

/** Who may send requests. */
export interface Caller {
  /** Logical id of a role, or `operator`. */
  readonly name: string;
  readonly accessKeyId: string;
  /** The ARN that refusals name. */
  readonly principal: string;
  /** Absent for the operator, who may do everything. */
  readonly rights?: readonly Statement[];
}

/** One request that reached the front. */
export interface FrontRequest extends FaultTarget {
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** The sentence of the refusal, when the caller's role does not allow the request. */
  readonly refused?: string;
  /** The fault that was injected, when there was one. */
  readonly fault?: FaultKind;
  /** Total capacity units, when the answer has them. */
  readonly consumed?: number;
}

/** The requests since `record()`, in the order of their answers. While one is active, every answer has its consumed capacity. */
export interface Recording {
  readonly requests: readonly FrontRequest[];
  stop(): void;
}

interface Exchange {
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly outgoing: ServerResponse;
}

const BODY_LIMIT = 17 * 1024 * 1024;
const ITEM_CALL = /^(?:(?:Get|Put|Update|Delete)Item|Query|Scan|Batch(?:Get|Write)Item|Transact(?:Get|Write)Items)$/;
const WRITE_CALL = /^(?:Put|Update|Delete|BatchWrite|TransactWrite)/;
const JsonObject = z.record(z.string(), z.unknown());
const Units = z.looseObject({ CapacityUnits: z.number() });
const Consumed = z.looseObject({ ConsumedCapacity: z.union([Units, z.array(Units)]) });

/** Takes each request: tells who calls, refuses, injects a fault or sends it on, and records what became of it. */
export class FrontGate {
  readonly faults = new Faults<FaultTarget, Fault>();
  /** Called when the engine has taken a write. */
  readonly writeListeners = new Set<() => void>();
  readonly #engine: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #callers: ReadonlyMap<string, Caller>;
  readonly #tables: ReadonlyMap<string, TableKeys>;
  readonly #recordings = new Set<FrontRequest[]>();

  constructor(engine: string, callers: readonly Caller[], tables: ReadonlyMap<string, TableKeys>) {
    this.#engine = new URL(engine);
    this.#callers = new Map(callers.map((caller) => [caller.accessKeyId, caller]));
    this.#tables = tables;
  }

  record(): Recording {
    const requests: FrontRequest[] = [];
    this.#recordings.add(requests);
    return { requests, stop: () => void this.#recordings.delete(requests) };
  }

  close(): void {
    this.#agent.destroy();
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      await this.#answer({ headers: incoming.headers, raw: await readBody(incoming, BODY_LIMIT), outgoing });
    } catch {
      // The engine cannot be reached, or the caller has gone or sends too much: what a caller then sees is a closed connection.
      outgoing.destroy();
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { headers, raw, outgoing } = exchange;
    const caller = this.#callers.get(accessKeyIdOf(headers));
    if (!caller)
      return reply(
        outgoing,
        failure('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      );
    const body = objectIn(raw);
    if (!body) return reply(outgoing, failure('SerializationException', 'The request is not a JSON object'));
    const [service = '', operation = ''] = String(headers['x-amz-target']).split('.');
    const target: FaultTarget = { caller: caller.name, operation, body };
    const refusal = this.#refusal(caller, service, target);
    if (refusal) return this.#refuse(refusal, target, outgoing);
    const fault = this.faults.take(target, ({ kind }) => canHit(kind, target.operation));
    if (fault) return this.#fail(fault, target, exchange);
    const answer = await this.#forward(exchange, target);
    this.#note({ ...target, status: answer.status, ...this.#consumed(answer.body) });
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #refusal({ rights, principal }: Caller, service: string, { operation, body }: FaultTarget) {
    if (rights === undefined) return undefined;
    try {
      const accesses = service === 'DynamoDB_20120810' ? accessesBy(operation, body, this.#tables) : undefined;
      const sentences = accesses?.map((access) => refusalOf(rights, { principal, ...access })) ?? [
        `User: ${principal} is not authorized to perform: dynamodb:${operation}, which local/front/access.ts does not judge`,
      ];
      const message = sentences.find((sentence) => sentence !== undefined);
      return message === undefined ? undefined : { type: 'AccessDeniedException', message };
    } catch (error) {
      if (error instanceof Unjudgeable) return { type: error.type, message: error.message };
      throw error;
    }
  }

  #refuse({ type, message }: { type: string; message: string }, target: FaultTarget, outgoing: ServerResponse): void {
    const refused = type === 'AccessDeniedException' ? { refused: message } : {};
    this.#note({ ...target, status: 400, ...refused });
    reply(outgoing, failure(type, message));
  }

  async #fail(fault: Fault, target: FaultTarget, exchange: Exchange): Promise<void> {
    const { kind } = fault;
    if (kind === 'lose-answer') await this.#forward(exchange, target);
    const answer = answerOf(kind, target);
    this.#note({ ...target, status: answer?.status ?? 0, fault: kind });
    if (answer) reply(exchange.outgoing, answer);
    else if (kind !== 'stall') exchange.outgoing.destroy();
    if (kind === 'late') fault.hold?.({ ...target, carryOut: () => this.#carryOut(exchange, target) });
  }

  async #carryOut({ headers }: Exchange, { operation, body }: FaultTarget): Promise<Answer> {
    const isKnown = body.ClientRequestToken !== undefined;
    const sent = isKnown ? { ...body, ClientRequestToken: randomUUID() } : body;
    const raw = Buffer.from(JSON.stringify(sent));
    const { status, body: answer } = await this.#forward({ headers, raw }, { operation, body: sent });
    return { status, body: objectIn(answer) };
  }

  async #forward(
    { headers, raw }: Pick<Exchange, 'headers' | 'raw'>,
    { operation, body }: Pick<FaultTarget, 'operation' | 'body'>,
  ): Promise<RawAnswer> {
    const isMeasured = this.#recordings.size > 0 && ITEM_CALL.test(operation);
    const asks = isMeasured && (body.ReturnConsumedCapacity ?? 'NONE') === 'NONE';
    const sent = asks ? Buffer.from(JSON.stringify({ ...body, ReturnConsumedCapacity: 'TOTAL' })) : raw;
    const answer = await forward(this.#engine, { agent: this.#agent, headers, body: sent });
    if (WRITE_CALL.test(operation)) for (const listener of this.writeListeners) listener();
    return answer;
  }

  #note(request: FrontRequest): void {
    for (const requests of this.#recordings) requests.push(request);
  }

  /** Parses the answer only for a recording. */
  #consumed(answer: Buffer): { consumed?: number } {
    const parsed = this.#recordings.size > 0 ? Consumed.safeParse(objectIn(answer)) : undefined;
    if (!parsed?.success) return {};
    const units = [parsed.data.ConsumedCapacity].flat().map(({ CapacityUnits }) => CapacityUnits);
    return { consumed: units.reduce((sum, one) => sum + one, 0) };
  }
}

function objectIn(raw: Buffer): Record<string, unknown> | undefined {
  return JsonObject.safeParse(jsonIn(raw)).data;
}
