import { expect, it } from 'vitest';
import { variables } from '../../functions/runtime/env.ts';
import { functionName, type Resource, type Synthesized } from './synthesized-stack.ts';

/** What the logical id of each table begins with. */
export const tables = {
  tokens: 'DataTokens',
  sessions: 'DataSessions',
  audit: 'DataAudit',
  usage: 'DataUsage',
} as const;
type TableName = keyof typeof tables;

const variableOf: Record<TableName, string> = {
  tokens: variables.tokensTable,
  sessions: variables.sessionsTable,
  audit: variables.auditTable,
  usage: variables.usageTable,
};

/** Actions that name the keys they touch: only to those does a condition on leading keys mean anything. */
const keyedActions = /^dynamodb:((Get|BatchGet|Put|Update|Delete|ConditionCheck|BatchWrite)Item|Query)$/;
const streamActions = /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/;
const writes = /^dynamodb:(Put|Update|Delete|BatchWrite)Item$/;

/** The one function that may read a whole table, and only the one whose rows come and go. */
const scanner = { name: 'schedule/reconcile', table: tables.sessions };

type Statement = Resource<'AWS::IAM::Policy'>['properties']['PolicyDocument']['Statement'][number];
type Right = Statement & { readonly of: string };

/** Least rights: what every function may do, over all of them, so that a new one cannot forget. */
export function describeRights(stack: () => Synthesized): void {
  const rights = () =>
    stack()
      .all('AWS::Lambda::Function')
      .flatMap((one) => rightsOf(stack(), one));
  const toData = () => rights().filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')));

  it('is in a policy of one role, never in a managed one', () => {
    for (const { id, properties } of stack().all('AWS::IAM::Role'))
      expect([properties.ManagedPolicyArns, properties.Policies], id).toEqual([[], []]);
    for (const { id, properties } of stack().all('AWS::IAM::Policy')) expect(properties.Roles, id).toHaveLength(1);
  });

  it('names its actions and its resources: no wildcard in either', () => {
    for (const { of, Action, Resource, Effect } of rights()) {
      expect(JSON.stringify([Action, Resource]), of).not.toContain('*');
      expect(Effect, of).toBe('Allow');
    }
  });

  it('to a table is to actions that name keys, and ends at keys of one kind each', () => {
    const keyed = toData().filter(({ Resource, ...right }) => Resource.every(isWhole) && !isTheScan(right));
    expect(keyed.length).toBeGreaterThan(10);
    for (const { of, Action, Condition } of keyed) {
      expect(
        Action.filter((action) => !keyedActions.test(action)),
        of,
      ).toEqual([]);
      expect(Object.keys(Condition ?? {}), of).toEqual(['ForAllValues:StringLike']);
      const keys = keysOf({ Condition });
      expect(keys.length, of).toBeGreaterThan(0);
      expect(
        keys.filter((pattern) => !/^[A-Z]+#\*$/.test(pattern)),
        of,
      ).toEqual([]);
    }
  });

  it("to read a whole table is the reconciler's alone, and to sessions only", () => {
    const scans = rights().filter(({ Action }) => Action.some((action) => /scan/i.test(action)));
    for (const { of, Action, Resource } of scans) {
      expect([of, Action]).toEqual([scanner.name, ['dynamodb:Scan']]);
      expect(
        Resource.every((id) => isWhole(id) && id.startsWith(scanner.table)),
        of,
      ).toBe(true);
    }
  });

  it('to an index is to ask it: the due index by the clock, and that of the audit log by keys of a stack', () => {
    const indexed = toData().filter(({ Resource }) => Resource.some((id) => id.includes('/index/')));
    for (const { of, Action, Resource, Condition } of indexed) {
      const isDue = of.startsWith('schedule/');
      const index = isDue ? [tables.tokens, 'due', []] : [tables.audit, 'by_subject', ['STACK#*']];
      const [, table, name] = Resource.map((id) => /^([A-Za-z]+)[^/]*\/index\/(\w+)$/.exec(id) ?? [])[0] ?? [];
      expect(Resource, of).toHaveLength(1);
      expect([Action, table?.startsWith(String(index[0])), name, keysOf({ Condition })], of).toEqual([
        ['dynamodb:Query'],
        true,
        ...index.slice(1),
      ]);
    }
    expect(indexed.map(({ of }) => of).filter((of) => !of.startsWith('schedule/'))).toEqual(['http/audit-logs']);
  });

  it("to the stream is to read it, and its readers' alone", () => {
    const streamed = toData().filter(({ Resource }) => Resource.some((id) => id.endsWith('/stream')));
    for (const { of, Action } of streamed) {
      expect(of).toMatch(/^stream\//);
      expect(
        Action.filter((action) => !streamActions.test(action)),
        of,
      ).toEqual([]);
    }
  });

  it('to a table comes with the variable that names it, and the other way round', () => {
    for (const one of stack().all('AWS::Lambda::Function')) {
      const mine = rightsOf(stack(), one).flatMap(({ Resource }) => Resource.filter((id) => !id.endsWith('/stream')));
      for (const name of Object.keys(tables) as TableName[]) {
        const may = mine.some((id) => id.startsWith(tables[name]));
        const knows = one.properties.Environment.Variables[variableOf[name]];
        expect(knows?.startsWith(tables[name]) ?? false, `${functionName(one)} and ${name}`).toBe(may);
      }
    }
  });

  it('to publish comes with the variable that names the bus, and the other way round', () => {
    const [bus] = stack()
      .all('AWS::Events::EventBus')
      .map(({ id }) => id);
    for (const one of stack().all('AWS::Lambda::Function')) {
      const publishes = rightsOf(stack(), one).filter(({ Action }) => Action.includes('events:PutEvents'));
      expect(
        publishes.flatMap(({ Resource }) => Resource),
        functionName(one),
      ).toEqual(publishes.map(() => bus));
      const knows = one.properties.Environment.Variables[variables.eventBus];
      expect(knows !== undefined, functionName(one)).toBe(publishes.length > 0);
    }
  });

  it('to tokens is, of the sweep, exactly what claiming, sending and cleaning up take', () => {
    const [sweep] = stack()
      .all('AWS::Lambda::Function')
      .filter((one) => functionName(one) === 'schedule/sweep');
    const ofSweep = sweep ? rightsOf(stack(), sweep) : [];
    const toTokens = ofSweep.filter(({ Resource }) =>
      Resource.some((id) => isWhole(id) && id.startsWith(tables.tokens)),
    );
    const keysOfAction = new Map(toTokens.flatMap((right) => right.Action.map((action) => [action, keysOf(right)])));
    expect(Object.fromEntries(keysOfAction)).toEqual({
      'dynamodb:GetItem': ['STACK#*', 'TOKEN#*', 'PERSON#*'],
      'dynamodb:BatchGetItem': ['STACK#*', 'TOKEN#*', 'PERSON#*'],
      'dynamodb:Query': ['STACK#*', 'DIGEST#*'],
      'dynamodb:PutItem': ['TOKEN#*', 'NOTICE#*', 'DIGEST#*'],
      'dynamodb:UpdateItem': ['STACK#*', 'TOKEN#*', 'DIGEST#*'],
      'dynamodb:DeleteItem': ['STACK#*'],
    });
  });

  it("to send mails is the sweep's alone, from the one address and with the one set that it is told", () => {
    const [from] = stack()
      .all('AWS::SES::EmailIdentity')
      .map(({ properties }) => properties.EmailIdentity);
    const [set] = stack()
      .all('AWS::SES::ConfigurationSet')
      .map(({ id }) => id);
    const sending = rights().filter(({ Action }) => Action.some((action) => action.startsWith('ses:')));
    expect(sending.map(({ of, Action, Resource }) => [of, Action, Resource])).toEqual([
      [
        'schedule/sweep',
        ['ses:SendEmail'],
        [`identity/${from}`, `configuration-set/${set}`].map((name) => `ses:AWS::Region:AWS::AccountId:${name}`),
      ],
    ]);
    for (const one of stack().all('AWS::Lambda::Function')) {
      const { [variables.mailFrom]: address, [variables.mailConfigurationSet]: named } =
        one.properties.Environment.Variables;
      const known = functionName(one) === 'schedule/sweep' ? [from, set] : [undefined, undefined];
      expect([address, named], functionName(one)).toEqual(known);
    }
  });

  it('to the audit log is never to alter or remove, and whoever changes tokens or stacks for a caller may add', () => {
    for (const one of stack().all('AWS::Lambda::Function')) {
      const mine = rightsOf(stack(), one);
      const audit = mine.flatMap(({ Resource, Action }) =>
        Resource.some((id) => id.startsWith(tables.audit)) ? Action : [],
      );
      expect(
        audit.filter((action) => writes.test(action) && action !== 'dynamodb:PutItem'),
        functionName(one),
      ).toEqual([]);
      if (!functionName(one).startsWith('http/')) continue;
      expect(audit.includes('dynamodb:PutItem'), functionName(one)).toBe(mine.some(changesTokensOrStacks));
    }
  });
}

function rightsOf(stack: Synthesized, one: Resource<'AWS::Lambda::Function'>): Right[] {
  return stack
    .all('AWS::IAM::Policy')
    .filter(({ properties }) => properties.Roles.includes(one.properties.Role))
    .flatMap(({ properties }) =>
      properties.PolicyDocument.Statement.map((right) => ({ ...right, of: functionName(one) })),
    );
}

/** A resource itself, and not a part of it. */
const isWhole = (id: string) => !id.includes('/');
const isTheScan = ({ of, Action }: Pick<Right, 'of' | 'Action'>) =>
  of === scanner.name && Action.join() === 'dynamodb:Scan';

function keysOf({ Condition }: Pick<Statement, 'Condition'>): readonly string[] {
  return Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
}

function changesTokensOrStacks({ Action, Resource, Condition }: Statement): boolean {
  const isKind = (pattern: string) => pattern === 'TOKEN#*' || pattern === 'STACK#*';
  return (
    Resource.some((id) => id.startsWith(tables.tokens)) &&
    Action.some((action) => writes.test(action)) &&
    keysOf({ Condition }).some(isKind)
  );
}
