import { describe, expect, it } from 'vitest';
import { type AccessRequest, refusalOf, rightsOf } from '../../../local/template/iam.ts';
import { stackOf } from '../../../local/template/template.ts';
import { document, keysLike, role } from '../fixture-stack.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/Tokens';

function rights(statements: readonly Record<string, unknown>[], extra = {}) {
  return rightsOf(stackOf({ Resources: { Worker: role(statements, extra) } }, { parameters: {} }), 'Worker');
}

function ask(statements: readonly Record<string, unknown>[], request: Partial<AccessRequest> = {}) {
  const asked = {
    principal: 'arn:aws:sts::1:x',
    action: 'dynamodb:GetItem',
    resource: TABLE,
    leadingKeys: ['TOKEN#1'],
    ...request,
  };
  return refusalOf(rights(statements), asked);
}

const allowed = { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: TABLE };

describe('a request is judged by the statements of the role', () => {
  it('what nothing allows is refused with the sentence of AWS', () => {
    expect(ask([allowed], { action: 'dynamodb:Scan' })).toBe(
      `User: arn:aws:sts::1:x is not authorized to perform: dynamodb:Scan on resource: ${TABLE} because no identity-based policy allows the dynamodb:Scan action`,
    );
  });

  it('a denial wins over every allowance', () => {
    expect(ask([allowed, { ...allowed, Effect: 'Deny' }])).toMatch(
      /with an explicit deny in an identity-based policy$/,
    );
  });

  it.each([
    ['dynamodb:*', true],
    ['DYNAMODB:getitem', true],
    ['dynamodb:Get?tem', true],
    ['dynamodb:Get', false],
    ['dynamodb:GetItems', false],
  ])('action %s: %s', (Action, isAllowed) => {
    expect(ask([{ ...allowed, Action }]) === undefined).toBe(isAllowed);
  });

  it.each([
    ['*', true],
    [`${TABLE}*`, true],
    [`${TABLE}/index/*`, false],
    [TABLE.toLowerCase(), false],
    ['arn:aws:dynamodb:us-east-1:000000000000:table.Tokens', false],
  ])('resource %s: %s', (Resource, isAllowed) => {
    expect(ask([{ ...allowed, Resource }]) === undefined).toBe(isAllowed);
  });

  it.each([
    ['ForAllValues:StringLike', 'TOKEN#*', ['TOKEN#1', 'TOKEN#2'], true],
    ['ForAllValues:StringLike', 'TOKEN#*', ['TOKEN#1', 'STACK#1'], false],
    ['ForAllValues:StringLike', 'TOKEN#*', [], true],
    ['ForAllValues:StringEquals', 'TOKEN#*', ['TOKEN#1'], false],
    ['ForAllValues:StringEquals', 'TOKEN#1', ['TOKEN#1'], true],
    ['StringLike', 'TOKEN#*', ['TOKEN#1'], true],
    ['StringLike', 'TOKEN#*', [], false],
    ['StringEquals', 'TOKEN#1', ['TOKEN#12'], false],
  ])('%s %s with leading keys %j: %s', (operator, pattern, leadingKeys, isAllowed) => {
    const Condition = { [operator]: { 'dynamodb:LeadingKeys': pattern } };
    expect(ask([{ ...allowed, Condition }], { leadingKeys }) === undefined).toBe(isAllowed);
  });

  it('every condition has to hold, and any of its values', () => {
    const Condition = { ...keysLike('STACK#*', 'TOKEN#*'), StringEquals: { 'dynamodb:LeadingKeys': ['TOKEN#1'] } };
    expect(ask([{ ...allowed, Condition }])).toBeUndefined();
    expect(ask([{ ...allowed, Condition }], { leadingKeys: ['STACK#1'] })).toBeDefined();
  });

  it('a policy of its own counts for the roles that it names', () => {
    const policy = (Roles: unknown[]) => ({
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'Own', PolicyDocument: document([allowed]), Roles },
    });
    const Resources = { Worker: role([]), Idle: role([]), Own: policy([{ Ref: 'Worker' }]) };
    const stack = stackOf({ Resources }, { parameters: {} });
    expect([rightsOf(stack, 'Worker').length, rightsOf(stack, 'Idle').length]).toEqual([1, 0]);
  });
});

describe('what is not evaluated is refused when the system starts', () => {
  it.each([
    ['another operator', { Condition: { NumericLessThan: { 'dynamodb:LeadingKeys': '1' } } }, 'NumericLessThan'],
    ['another key', { Condition: { StringLike: { 'aws:SourceIp': '*' } } }, 'aws:SourceIp'],
    ['NotAction', { NotAction: 'dynamodb:Scan' }, 'NotAction'],
    ['a policy variable', { Resource: '$' + '{aws:username}' }, 'policy variables are not supported'],
  ])('%s', (_, member, named) => {
    expect(() => rights([{ ...allowed, ...member }])).toThrow('AWS::IAM::Role Worker uses what is not evaluated here');
    expect(() => rights([{ ...allowed, ...member }])).toThrow(named);
  });

  it.each([
    ['a permissions boundary', { PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
    ['a managed policy that is not known', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
  ])('%s', (_, extra) => {
    expect(() => rights([], extra)).toThrow('uses what is not evaluated here');
  });
});
