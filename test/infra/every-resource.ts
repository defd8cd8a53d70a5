import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { acknowledgements } from '../../infra/acknowledgements.ts';
import type { RawResource, Synthesized } from './synthesized-stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const oneOrMore = z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]);
const StatementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});

/** Resources whose policies must say `*`, and why AWS leaves no other way. */
const cannotBeScoped: Readonly<Record<string, string>> = {
  'AWS::KMS::Key': 'In the policy of a key, * is that key: it cannot name itself.',
};

/** What keeps data whose encryption somebody could forget; DynamoDB, CloudWatch Logs and Cognito encrypt always. */
const isEncrypted: Readonly<Record<string, (properties: RawResource['properties']) => unknown>> = {
  'AWS::SQS::Queue': ({ SqsManagedSseEnabled }) => SqsManagedSseEnabled,
  'AWS::S3::Bucket': ({ BucketEncryption }) => BucketEncryption,
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId,
};

/** What holds something that nobody could make again. */
const holdsData = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Cognito::UserPool'];

/** Promises over everything in the template, CDK's own resources included, so that a new one cannot forget. */
export function describeEveryResource(stack: () => Synthesized): void {
  const ofType = (type: string) => stack().everything.filter((one) => one.type === type);
  const allowed = () =>
    stack().everything.flatMap((one) =>
      statementsIn(one.properties).flatMap((statement) => (statement.Effect === 'Allow' ? { ...one, statement } : [])),
    );

  it('lets nobody do everything that a service can, nor to everything, but where AWS has no other way', () => {
    expect(allowed().length).toBeGreaterThan(30);
    const wide = allowed().filter(
      ({ statement: { Action, Resource = [] } }) =>
        Action.some((action) => /^(\*|[\w-]+:\*)$/.test(String(action))) || Resource.includes('*'),
    );
    expect(wide.filter(({ type }) => cannotBeScoped[type] === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('lets nobody in who is not named', () => {
    const anybody = allowed().filter(({ statement }) => /"\*"/.test(JSON.stringify(statement.Principal ?? '')));
    expect(anybody.map(({ id }) => id)).toEqual([]);
  });

  it('is encrypted where that is a choice', () => {
    for (const [type, settingOf] of Object.entries(isEncrypted))
      for (const { id, properties } of ofType(type)) expect(settingOf(properties), id).toBeTruthy();
  });

  it('outlives the stack where it holds what cannot be made again', () => {
    for (const { id, deletionPolicy } of holdsData.flatMap(ofType)) expect(deletionPolicy, id).toBe('Retain');
  });

  it('has a time limit and a log that ends where it runs, whoever wrote it', () => {
    const ending = ofType('AWS::Logs::LogGroup').flatMap(({ id, properties }) =>
      Number(properties.RetentionInDays) > 0 ? [id] : [],
    );
    for (const { id, properties } of ofType('AWS::Lambda::Function')) {
      const { Timeout, LoggingConfig } = RunningSchema.parse(properties);
      expect(Timeout, id).toBeLessThanOrEqual(900);
      expect(ending, id).toContain(LoggingConfig.LogGroup.Ref);
    }
  });

  it('has no authorizer that could remember an answer', () => {
    expect(
      stack().types.filter((type) => /Authorizer$/.test(type) && type !== 'AWS::ApiGatewayV2::Authorizer'),
    ).toEqual([]);
    for (const { id, properties } of ofType('AWS::ApiGatewayV2::Authorizer'))
      expect(properties.AuthorizerResultTtlInSeconds, id).toBe(0);
    for (const { id, properties } of ofType('AWS::ApiGatewayV2::Route'))
      expect(['NONE', 'CUSTOM'], id).toContain(properties.AuthorizationType ?? 'NONE');
  });

  it('answers pages of no other origin: the console is at the same one', () => {
    for (const { id, properties } of ofType('AWS::ApiGatewayV2::Api'))
      expect(properties.CorsConfiguration, id).toBeUndefined();
  });

  it('gives the rules of cdk-nag nothing to find that is not acknowledged', () => {
    expect(stack().findings.left).toEqual([]);
  });
}

/** What is left as it is, over all stages together. */
export function describeAcknowledgements(stacks: () => readonly Synthesized[]): void {
  it('are each about something that is found in a stage', () => {
    const found = stacks().flatMap(({ findings }) => findings.all);
    const idle = acknowledgements
      // Those have a test of their own: control-tower.test.ts.
      .filter(({ rule }) => !rule.startsWith('ControlTower::'))
      .filter(({ rule, at }) => !found.some((finding) => finding.startsWith(`${rule} at ${at}`)));
    expect(idle).toEqual([]);
  });

  it('have evidence each: a file in which it stands', () => {
    for (const { rule, evidence } of acknowledgements) {
      const [file = '', words = ''] = evidence.split(': ');
      expect(existsSync(path.join(root, file)), `${rule}: ${file}`).toBe(true);
      expect(readFileSync(path.join(root, file), 'utf8'), rule).toContain(words);
    }
  });
}

const RunningSchema = z.object({
  Timeout: z.number(),
  LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }),
});

/** Every statement of every policy, wherever in the properties it stands. */
function statementsIn(value: unknown): z.output<typeof StatementSchema>[] {
  if (value === null || typeof value !== 'object') return [];
  const statement = StatementSchema.safeParse(value);
  return statement.success ? [statement.data] : Object.values(value).flatMap(statementsIn);
}
