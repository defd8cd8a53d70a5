import type { ParseArgsConfig } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Keys, Tables } from '../functions/aws/keys.ts';
import type { Storage } from '../functions/aws/storage/storage.ts';
import type { Variable } from '../functions/runtime/env.ts';
import type { Actor } from '../functions/stacks/person.ts';

/** What a command can need to be told about the deployment, by environment variables, in words. */
export const settings = {
  tokensTable: "the name of the deployment's tokens table",
  auditTable: "the name of the deployment's audit table",
  issuerUrl: "the deployment's issuer, exactly as its JWTs have it in iss",
} as const satisfies Partial<Record<Variable, string>>;

export type Setting = keyof typeof settings;

/** What a command is given to work with. */
export interface Workplace {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly streams: Pick<DynamoDBStreamsClient, 'send'>;
  readonly queues: Pick<SQSClient, 'send'>;
  readonly functions: Pick<LambdaClient, 'send'>;
  readonly storage: Storage;
  readonly tables: Tables;
  readonly keys: Keys;
  /** The issuer that signs people in to this deployment, as its JWTs have it in `iss`. */
  readonly issuer: string;
  readonly now: () => Date;
  /** The operator, for the audit log. */
  readonly actor: Actor;
}

/** What a command found that it would do, in words; and how to do it. */
export interface Plan {
  readonly says: readonly string[];
  /** Absent where there is nothing to do. Writes what it does bit by bit. @throws {OperatorMistake} where it could not do all of it */
  readonly carryOut?: (write: (line: string) => void) => Promise<void>;
}

export type Values = Readonly<Record<string, string | undefined>>;

export interface Option {
  /** What to put behind the option, as its help shows it: `KEY`, `1-45`, `true|false`. */
  readonly takes: string;
  readonly says: string;
  readonly required?: true;
}

export interface Command {
  /** One sentence for the list of commands. */
  readonly does: string;
  /** Every option takes a text. */
  readonly options: Readonly<Record<string, Option>>;
  /** What it reads from the workplace: tables, issuer. */
  readonly settings: readonly Setting[];
  /** Reads only. @throws {OperatorMistake} where it cannot be done as it was asked */
  plan(values: Values, workplace: Workplace): Promise<Plan>;
}

/** Something that the operator can put right; the message says what. */
export class OperatorMistake extends Error {
  override readonly name = 'OperatorMistake';
}

export function optionsOf({ options }: Command): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' as const }]));
}
