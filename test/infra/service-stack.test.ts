import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../functions/http/chain/routes.ts';
import { variables } from '../../functions/runtime/env.ts';
import { deployedFunctions } from '../../infra/service-function.ts';
import { type StageName, stageNamed, stages } from '../../infra/stages.ts';
import { describeAsynchronousParts } from './asynchronous-promises.ts';
import { describeConsole } from './console-promises.ts';
import { describeAcknowledgements, describeEveryResource } from './every-resource.ts';
import { describeObservability } from './observability-promises.ts';
import { describeRestore } from './restore-promises.ts';
import { describeRights, tables } from './rights-promises.ts';
import { describeSignIn } from './sign-in-promises.ts';
import { functionName, knownTypes, type Resource, type Synthesized, synthesize } from './synthesized-stack.ts';

/** Those of the example API, which a stage has or has not. */
const exampleFunctions = ['http/authorize', 'http/example-notes'];

const stageNames = Object.keys(stages) as StageName[];
const stacks = new Map<StageName, Synthesized>();
beforeAll(() => {
  for (const name of stageNames) stacks.set(name, synthesize(name));
});

describe('what AWS finds and is left', () => describeAcknowledgements(() => [...stacks.values()]));

describe.each(stageNames)('the template of %s', (stageName) => {
  const stage = stageNamed(stageName);
  let stack: Synthesized;
  beforeAll(() => {
    stack = synthesizedAs(stageName);
  });

  it('has only resources that this file makes promises about', () => {
    expect(stack.types.filter((type) => !knownTypes.includes(type))).toEqual([]);
  });

  describe('the console', () => describeConsole(() => stack));

  describe('every table', () => {
    it('is one of the four', () => {
      expect(stack.all('AWS::DynamoDB::GlobalTable').map(tableName).sort()).toEqual(Object.keys(tables).sort());
    });

    it('is on demand, recoverable to a point in time, protected from deletion, and outlives its stack', () => {
      for (const { id, properties, deletionPolicy, replacePolicy } of stack.all('AWS::DynamoDB::GlobalTable')) {
        expect(properties.BillingMode, id).toBe('PAY_PER_REQUEST');
        expect(properties.Replicas, id).toEqual([
          { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        ]);
        expect([deletionPolicy, replacePolicy], id).toEqual(['Retain', 'Retain']);
      }
    });

    it('has the keys pk and sk', () => {
      for (const { id, properties } of stack.all('AWS::DynamoDB::GlobalTable'))
        expect(
          properties.KeySchema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`),
          id,
        ).toEqual(['HASH pk', 'RANGE sk']);
    });

    it('lets what is over go by its ttl, but for the audit log, which stays', () => {
      const ttl = { AttributeName: 'ttl', Enabled: true };
      expect(byTable(stack, ({ TimeToLiveSpecification: found }) => found ?? null)).toEqual({
        tokens: ttl,
        sessions: ttl,
        audit: null,
        usage: ttl,
      });
    });

    it('has no stream but the tokens table, whose records tell before and after', () => {
      expect(byTable(stack, ({ StreamSpecification: found }) => found?.StreamViewType ?? null)).toEqual({
        tokens: 'NEW_AND_OLD_IMAGES',
        sessions: null,
        audit: null,
        usage: null,
      });
    });

    it('has no index but the due index, with keys only, and that of the audit log, with whole entries', () => {
      const due = [{ IndexName: 'due', Projection: { ProjectionType: 'KEYS_ONLY' } }];
      const bySubject = [{ IndexName: 'by_subject', Projection: { ProjectionType: 'ALL' } }];
      expect(byTable(stack, ({ GlobalSecondaryIndexes: found }) => found)).toEqual({
        tokens: due,
        sessions: [],
        audit: bySubject,
        usage: [],
      });
    });
  });

  describe('every function', () => {
    it('is one of those that are bundled', () => {
      const names = stack.all('AWS::Lambda::Function').map(functionName);
      const isHere = (name: string) => stage.exampleApi || !exampleFunctions.includes(name);
      expect(names.sort()).toEqual(deployedFunctions.filter(isHere).sort());
    });

    it('runs Node.js 24 on arm64 with a time limit and memory of its own', () => {
      for (const { properties, ...one } of stack.all('AWS::Lambda::Function')) {
        expect(properties, functionName(one)).toMatchObject({
          Runtime: 'nodejs24.x',
          Architectures: ['arm64'],
          Handler: 'index.handler',
          Timeout: expect.any(Number),
          MemorySize: expect.any(Number),
        });
      }
    });

    it('that is behind the API answers before the gateway gives up', () => {
      const doors = stack.all('AWS::Lambda::Function').filter((one) => functionName(one).startsWith('http/'));
      expect(doors.length).toBeGreaterThan(5);
      for (const one of doors) expect(one.properties.Timeout, functionName(one)).toBeLessThan(30);
    });

    it('says what people notice when it fails', () => {
      for (const one of stack.all('AWS::Lambda::Function'))
        expect(one.properties.Description, functionName(one)).toMatch(/^[A-Z].{30,}\.$/);
    });

    it('logs JSON to a group of its own', () => {
      const functions = stack.all('AWS::Lambda::Function');
      expect(functions.map(({ properties }) => properties.LoggingConfig?.LogFormat)).toEqual(
        functions.map(() => 'JSON'),
      );
      const groups = functions.map(({ properties }) => properties.LoggingConfig?.LogGroup ?? 'none');
      const known = stack.all('AWS::Logs::LogGroup').map(({ id }) => id);
      expect(new Set(groups).size).toBe(functions.length);
      expect(groups.filter((group) => !known.includes(group))).toEqual([]);
    });

    it('has a role of its own, which only Lambda may take', () => {
      const roles = stack.all('AWS::Lambda::Function').map(({ properties }) => properties.Role);
      expect(new Set(roles).size).toBe(roles.length);
      expect(roles.sort()).toEqual(
        stack
          .all('AWS::IAM::Role')
          .map(({ id }) => id)
          .sort(),
      );
      for (const { id, properties } of stack.all('AWS::IAM::Role')) {
        const principals = properties.AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal.Service);
        expect(principals, id).toEqual(['lambda.amazonaws.com']);
      }
    });

    it('is given variables that functions know, and no others', () => {
      const known: readonly string[] = Object.values(variables);
      for (const one of stack.all('AWS::Lambda::Function')) {
        const names = Object.keys(one.properties.Environment.Variables);
        expect(
          names.filter((name) => !known.includes(name)),
          functionName(one),
        ).toEqual([]);
      }
    });

    it('may be invoked by the APIs and by the schedules of this stack only', () => {
      const apis = stack.all('AWS::ApiGatewayV2::Api').map(({ id }) => `{"Ref":"${id}"}`);
      const schedules = stack.all('AWS::Events::Rule').map(({ id }) => id);
      for (const { id, properties } of stack.all('AWS::Lambda::Permission')) {
        const source = JSON.stringify(properties.SourceArn);
        if (properties.Principal === 'apigateway.amazonaws.com')
          expect(
            apis.filter((api) => source.includes(api)),
            id,
          ).toHaveLength(1);
        else {
          expect(properties.Principal, id).toBe('events.amazonaws.com');
          expect(
            schedules.map((rule) => JSON.stringify({ 'Fn::GetAtt': [rule, 'Arn'] })),
            id,
          ).toContain(source);
        }
      }
    });
  });

  it('ends every log after the days that the stage says', () => {
    const retentions = stack.all('AWS::Logs::LogGroup').map(({ properties }) => properties.RetentionInDays);
    expect(new Set(retentions)).toEqual(new Set([stage.logRetentionDays]));
  });

  describe('every resource', () => describeEveryResource(() => stack));

  describe('what is seen', () => describeObservability(() => stack));

  describe('signing in', () => describeSignIn(() => stack, stage));

  describe('every right', () => describeRights(() => stack));

  describe('what runs without a caller', () => describeAsynchronousParts(() => stack));

  describe('the API', () => {
    it('has every route of the table under its function, and no other', () => {
      const functions = new Map(stack.all('AWS::Lambda::Function').map((one) => [one.id, functionName(one)]));
      const targets = new Map(
        stack.all('AWS::ApiGatewayV2::Integration').map(({ id, properties }) => [id, properties.IntegrationUri]),
      );
      const [own] = stack.all('AWS::ApiGatewayV2::Api').map(({ id }) => id);
      const ownRoutes = stack.all('AWS::ApiGatewayV2::Route').filter(({ properties }) => properties.ApiId === own);
      const deployed = ownRoutes.map(({ properties: { RouteKey, Target } }) => {
        const [, integration] = Target['Fn::Join'][1];
        return `${RouteKey} → ${functions.get(targets.get(integration) ?? '')}`;
      });
      const declared = Object.entries(routes).flatMap(([name, keys]) => keys.map((key) => `${key} → ${name}`));
      expect(deployed.sort()).toEqual(declared.sort());
    });

    it('is throttled for everybody together', () => {
      const { rate, burst } = stage.throttle;
      const settings = stack.all('AWS::ApiGatewayV2::Stage').map(({ properties }) => properties.DefaultRouteSettings);
      expect(settings.length).toBeGreaterThan(0);
      for (const one of settings) expect(one).toEqual({ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst });
    });

    it('logs who asked for what route with what result, and nothing that can hold a credential or a name', () => {
      const groups = stack.all('AWS::Logs::LogGroup').map(({ id }) => id);
      for (const { id, properties } of stack.all('AWS::ApiGatewayV2::Stage')) {
        const { Format, DestinationArn } = properties.AccessLogSettings ?? {};
        expect(Object.values(JSON.parse(Format ?? '')).sort(), id).toEqual([
          '$context.identity.sourceIp',
          '$context.integrationErrorMessage',
          '$context.requestId',
          '$context.requestTime',
          '$context.responseLatency',
          '$context.routeKey',
          '$context.status',
        ]);
        expect(groups, id).toContain(DestinationArn);
      }
    });
  });
});

describe('the example of an API that is protected', () => {
  const stack = synthesize('dev');
  const authorizers = stack.all('AWS::ApiGatewayV2::Authorizer');
  const others = stack.all('AWS::ApiGatewayV2::Api').slice(1);
  const functions = stack.all('AWS::Lambda::Function');

  it('is in no stage that people depend on', () => {
    expect(synthesizedAs('prod').all('AWS::ApiGatewayV2::Api')).toHaveLength(1);
  });

  it('has an authorizer that is asked at every request, and only where something was presented', () => {
    expect(authorizers.map(({ properties }) => properties)).toEqual(
      others.map(({ id }) => ({
        ApiId: id,
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        AuthorizerResultTtlInSeconds: 0,
        AuthorizerUri: expect.anything(),
        EnableSimpleResponses: true,
        IdentitySource: ['$request.header.Authorization'],
      })),
    );
  });

  it('has no route around it, and its function is told what each route needs', () => {
    const isOf = ({ properties }: Resource<'AWS::ApiGatewayV2::Route'>) =>
      others.some(({ id }) => id === properties.ApiId);
    const routesOfOthers = stack.all('AWS::ApiGatewayV2::Route').filter(isOf);
    for (const { properties } of routesOfOthers) {
      expect(properties.AuthorizationType).toBe('CUSTOM');
      expect(properties.AuthorizerId).toBe(authorizers[0]?.id);
    }
    const authorize = functions.find((one) => functionName(one) === 'http/authorize');
    const told = JSON.parse(String(authorize?.properties.Environment.Variables[variables.protection]));
    const { stack: admitted, needs } = told;
    expect(admitted).toBeNull();
    expect(needs).toEqual({
      'GET /notes': { module: 'entry', access: 'read' },
      'POST /notes': { module: 'entry', access: 'write' },
    });
    expect(Object.keys(needs).sort()).toEqual(routesOfOthers.map(({ properties }) => properties.RouteKey).sort());
  });

  it('is answered before the gateway gives its authorizer up', () => {
    const authorize = functions.find((one) => functionName(one) === 'http/authorize');
    expect(authorize?.properties.Timeout).toBeLessThan(10);
  });
});

describe('bringing in a restored table', () => describeRestore(() => synthesizedAs('prod')));

describe('stages', () => {
  it('are known by name, and another name is refused with the names that there are', () => {
    expect(() => stageNamed('production')).toThrow('There is no stage "production". Known stages: dev, prod.');
  });

  it('may have a domain, which then speaks TLS 1.2 and later only, and is where people are sent', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/1';
    const { everything } = synthesize('dev', { domain: { name: 'tokens.example.test', certificateArn } });
    const [distribution] = everything.filter(({ type }) => type === 'AWS::CloudFront::Distribution');
    expect(distribution?.properties.DistributionConfig).toMatchObject({
      Aliases: ['tokens.example.test'],
      ViewerCertificate: { AcmCertificateArn: certificateArn, MinimumProtocolVersion: 'TLSv1.2_2021' },
    });
    expect(JSON.stringify(everything)).toContain('https://tokens.example.test');
  });

  it('give new stacks at most 45 tokens, what one strong batch read can hold', () => {
    for (const { newStackPlan } of Object.values(stages)) expect(newStackPlan.maxTokens).toBeLessThanOrEqual(45);
  });
});

function synthesizedAs(stageName: StageName): Synthesized {
  const stack = stacks.get(stageName);
  if (!stack) throw new Error(`${stageName} was not synthesized.`);
  return stack;
}

type Table = Resource<'AWS::DynamoDB::GlobalTable'>;
function tableName({ id }: Pick<Table, 'id'>): string {
  return Object.entries(tables).find(([, prefix]) => id.startsWith(prefix))?.[0] ?? id;
}

function byTable<T>(stack: Synthesized, of: (properties: Table['properties']) => T): Record<string, T> {
  return Object.fromEntries(
    stack.all('AWS::DynamoDB::GlobalTable').map((table) => [tableName(table), of(table.properties)]),
  );
}
