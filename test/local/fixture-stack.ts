import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackOf, type TemplateJson } from '../../local/template/template.ts';

/** A directory in memory where the system has such, because an engine syncs each write. */
export function scratchDirectory(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tokenward-test-'));
}

type Properties = Record<string, unknown>;

const KEYS = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];

export function table(extra: Properties = {}) {
  const attributes = ['pk', 'sk', 'due_shard'].map((name) => ({ AttributeName: name, AttributeType: 'S' }));
  return {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      AttributeDefinitions: attributes,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: KEYS,
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'due_shard', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      Replicas: [{ Region: { Ref: 'AWS::Region' }, DeletionProtectionEnabled: true }],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      ...extra,
    },
  };
}

/** A role with one inline policy; `statements` are as in a template. */
export function role(statements: readonly Properties[], extra: Properties = {}) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {},
      Policies: [{ PolicyName: 'Inline', PolicyDocument: document(statements) }],
      ...extra,
    },
  };
}

export function document(statements: readonly Properties[]) {
  return { Version: '2012-10-17', Statement: statements };
}

export function allow(actions: readonly string[], resource: unknown, condition?: Properties): Properties {
  const Action = actions.map((action) => `dynamodb:${action}`);
  return { Effect: 'Allow', Action, Resource: resource, ...(condition && { Condition: condition }) };
}

export const tokensArn = { 'Fn::GetAtt': ['Tokens', 'Arn'] };
export const keysLike = (...patterns: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns },
});

const ITEM_ACTIONS = ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'ConditionCheckItem', 'Query'];

/** Two tables, and a role that may work with the keys `TOKEN#*` of one of them and ask its index. */
export const fixtureTemplate: TemplateJson = {
  Resources: {
    Tokens: table(),
    Audit: table({ StreamSpecification: { Ref: 'AWS::NoValue' } }),
    Worker: role([allow(ITEM_ACTIONS, tokensArn, keysLike('TOKEN#*'))]),
    Sweeper: role([allow(['Query', 'Scan'], { 'Fn::Sub': `\${Tokens.Arn}/index/due` }, keysLike('0', '1'))]),
  },
};

export const fixtureStack = stackOf(fixtureTemplate, { parameters: {} });
