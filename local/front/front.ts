import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { listen } from '../loopback.ts';
import { partitionKeysOf } from '../services/dynamodb/tables.ts';
import { rightsOf } from '../template/iam.ts';
import { ACCOUNT, arn } from '../template/resource-types.ts';
import type { LocalStack, Resource } from '../template/template.ts';
import type { Fault } from './faults.ts';
import { type Caller, FrontGate, type Recording } from './front-gate.ts';

export type { Fault } from './faults.ts';
export type { FrontRequest, Recording } from './front-gate.ts';

/** What an SDK client is given; the access key id says who calls, and nothing verifies the signature. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Stands before the engine: knows who calls, refuses what the caller's role does not allow, records, injects faults. */
export interface Front {
  readonly endpoint: string;
  /** The identity of a role of the template. */
  credentialsFor(roleLogicalId: string): Credentials;
  /** May do everything: seeds, tests. */
  readonly operator: Credentials;
  /** Who has this access key id. */
  callerWith(accessKeyId: string): Caller | undefined;
  /** Tells of each write that the engine has taken. */
  onWrite(listener: () => void): void;
  record(): Recording;
  /** Returns what takes the fault away. */
  inject(fault: Fault): () => void;
  close(): Promise<void>;
}

/** Opens the front on a loopback port. Throws for a policy or a table of the template that cannot be judged. */
export async function startFront(options: { engine: string; stack: LocalStack; port?: number }): Promise<Front> {
  const { engine, stack, port = 0 } = options;
  if (new URL(engine).protocol !== 'http:') throw new Error(`the engine's endpoint has to be http://…, not ${engine}`);
  const callers = [operator(), ...stack.ofType('AWS::IAM::Role').map((role) => callerOf(role, stack))];
  const gate = new FrontGate(engine, callers, partitionKeysOf(stack));
  // No keep-alive limit: a connection that closes while a request is under way would be a fault that nobody injected.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => void gate.serve(incoming, outgoing));
  return {
    endpoint: `http://127.0.0.1:${await listen(server, port)}`,
    operator: credentialsOf(OPERATOR, callers),
    credentialsFor: (roleLogicalId) => credentialsOf(roleLogicalId, callers),
    callerWith: (accessKeyId) => callers.find((one) => one.accessKeyId === accessKeyId),
    onWrite: (listener) => void gate.writeListeners.add(listener),
    record: () => gate.record(),
    inject: (fault) => gate.faults.inject(fault),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      gate.close();
    },
  };
}

const OPERATOR = 'operator';

function operator(): Caller {
  return { name: OPERATOR, accessKeyId: newKeyId(), principal: arn('iam', 'root', { region: '' }) };
}

function callerOf({ logicalId, name }: Resource, stack: LocalStack): Caller {
  const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/local`;
  return { name: logicalId, accessKeyId: newKeyId(), principal, rights: rightsOf(stack, logicalId) };
}

/** Random, because whoever knows a key id is taken for its owner: a web page that finds the port must not guess one. */
function newKeyId(): string {
  return `LOCAL${randomBytes(12).toString('hex').toUpperCase()}`;
}

function credentialsOf(name: string, callers: readonly Caller[]): Credentials {
  const caller = callers.find((one) => one.name === name);
  if (!caller) throw new Error(`there is no role ${name} in the template`);
  return { accessKeyId: caller.accessKeyId, secretAccessKey: 'not-verified', sessionToken: 'not-verified' };
}
