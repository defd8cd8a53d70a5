import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadStack, stackOf, UnsupportedTemplate } from '../../../local/template/template.ts';
import { fixtureTemplate, scratchDirectory, table } from '../fixture-stack.ts';

const properties = (template: Record<string, unknown>, parameters = {}) =>
  stackOf(template, { name: 'Demo', parameters }).get('Probe').properties;

/** A template with one resource whose property `value` is to be resolved. */
const probe = (value: unknown, rest: Record<string, unknown> = {}) => ({
  ...rest,
  Resources: {
    Probe: { Type: 'AWS::Lambda::Permission', Properties: { value } },
    Tokens: table(),
    Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { 'Fn::Sub': `\${AWS::StackName}-fn` } } },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    ...(typeof rest.Resources === 'object' ? rest.Resources : {}),
  },
});

const OTHER_REGION = { Conditions: { Other: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] } } };

describe('what a template says is resolved', () => {
  it.each([
    ['a reference to a table', { Ref: 'Tokens' }, 'Tokens'],
    ['a name that the template gives', { Ref: 'Function' }, 'Demo-fn'],
    ['an attribute', { 'Fn::GetAtt': ['Function', 'Arn'] }, 'arn:aws:lambda:us-east-1:000000000000:function:Demo-fn'],
    [
      'an attribute in short form',
      { 'Fn::GetAtt': 'Tokens.Arn' },
      'arn:aws:dynamodb:us-east-1:000000000000:table/Tokens',
    ],
    [
      'an attribute of a type that is left out',
      { 'Fn::GetAtt': ['Logs', 'Arn'] },
      'arn:aws:logs:us-east-1:000000000000:log-group:Logs:*',
    ],
    ['a join', { 'Fn::Join': ['/', ['a', { Ref: 'AWS::Partition' }, 3]] }, 'a/aws/3'],
    [
      'a substitution',
      { 'Fn::Sub': [`\${A}-\${Tokens}-\${!kept}-\${AWS::AccountId}`, { A: { Ref: 'Logs' } }] },
      `Logs-Tokens-\${kept}-000000000000`,
    ],
    ['a selection from a split', { 'Fn::Select': [1, { 'Fn::Split': ['.', 'a.b.c'] }] }, 'b'],
    ['a choice', { 'Fn::If': ['Other', 'there', 'here'] }, 'here'],
    [
      'members without a value',
      { kept: 1, gone: { Ref: 'AWS::NoValue' }, list: [{ Ref: 'AWS::NoValue' }, 2] },
      { kept: 1, list: [2] },
    ],
  ])('%s', (_, value, resolved) => {
    expect(properties(probe(value, OTHER_REGION)).value).toEqual(resolved);
  });

  it.each([
    [{ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }, 'true'],
    [{ 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': ['a', 'b'] }] }, 'false'],
  ])('conditions: %j is %s', (condition, outcome) => {
    const Conditions = {
      Yes: { 'Fn::Equals': ['a', 'a'] },
      No: { 'Fn::Not': [{ Condition: 'Yes' }] },
      Asked: condition,
    };
    expect(properties(probe({ 'Fn::If': ['Asked', 'true', 'false'] }, { Conditions })).value).toBe(outcome);
  });

  it('parameters have the value that is given, otherwise their default', () => {
    const Parameters = { Given: { Type: 'String', Default: 'unused' }, Left: { Type: 'Number', Default: 7 } };
    const template = probe([{ Ref: 'Given' }, { Ref: 'Left' }], { Parameters });
    expect(properties(template, { Given: 'x' }).value).toEqual(['x', '7']);
  });

  it('a resource whose condition is false, and one whose type is left out, are absent', () => {
    const absent = { Absent: { Type: 'AWS::Lambda::Permission', Condition: 'Other' } };
    const stack = stackOf(probe('', { ...OTHER_REGION, Resources: absent }), { parameters: {} });
    expect(stack.resources.map(({ logicalId }) => logicalId)).toEqual(['Probe', 'Tokens', 'Function']);
    expect(() => stack.get('Absent')).toThrow('there is no resource Absent');
  });
});

describe('what is not known is refused with where and what to do', () => {
  const refusal = (template: unknown, parameters = {}) => {
    try {
      stackOf(template, { parameters });
    } catch (error) {
      if (error instanceof UnsupportedTemplate) return error.message;
    }
    return 'was not refused';
  };

  it.each([
    [
      'a type',
      probe('', { Resources: { Ball: { Type: 'AWS::Toy::Ball' } } }),
      'Ball: there is no type AWS::Toy::Ball: run it or leave it out by a line in local/template/resource-types.ts',
    ],
    [
      'an intrinsic function',
      probe({ 'Fn::FindInMap': ['a', 'b', 'c'] }),
      'Probe: intrinsic function Fn::FindInMap is not supported: add it to local/template/intrinsics.ts',
    ],
    [
      'an attribute',
      probe({ 'Fn::GetAtt': ['Tokens', 'Colour'] }),
      'Probe: attribute Colour of AWS::DynamoDB::GlobalTable (Tokens) is not known: add it to local/template/resource-types.ts',
    ],
    ['a name', probe({ Ref: 'Nobody' }), 'Probe: there is no parameter or resource Nobody'],
    [
      'a stream that the table does not have',
      probe({ 'Fn::GetAtt': ['Dry', 'StreamArn'] }, { Resources: { Dry: { Type: 'AWS::DynamoDB::GlobalTable' } } }),
      'Probe: the table has no StreamSpecification',
    ],
    [
      'an absent resource',
      probe(
        { Ref: 'Gone' },
        { ...OTHER_REGION, Resources: { Gone: { Type: 'AWS::Lambda::Permission', Condition: 'Other' } } },
      ),
      'Probe: refers to Gone, which is absent because its condition is false',
    ],
    ['a section', probe('', { Mappings: {} }), 'Unrecognized key: "Mappings"'],
  ])('%s', (_, template, message) => {
    expect(refusal(template)).toContain(message);
  });

  it('parameters that lack a value, and values that lack a parameter', () => {
    const message = refusal(probe('', { Parameters: { Needed: { Type: 'String' } } }), { Surplus: '1' });
    expect(message).toContain('parameter Needed: has neither a value nor a default');
    expect(message).toContain('parameter Surplus: was given, but the template has none of that name');
  });

  it('everything at once, not the first only', () => {
    const message = refusal(probe({ Ref: 'Nobody' }, { Outputs: { Url: { Value: { 'Fn::Base64': 'x' } } } }));
    expect(message).toMatch(/Probe: .*\noutput Url: /);
  });
});

describe('a cloud assembly', () => {
  const asset = { source: { path: 'asset.1', packaging: 'zip' }, destinations: { here: { objectKey: '1.zip' } } };
  const assemblyOf = (artifacts: Record<string, unknown>) => {
    const directory = scratchDirectory();
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const write = (file: string, content: unknown) => writeFileSync(join(directory, file), JSON.stringify(content));
    mkdirSync(join(directory, 'asset.1'));
    write('manifest.json', { artifacts });
    write('Demo.assets.json', { files: { 1: asset } });
    write('Demo.template.json', { ...fixtureTemplate, Outputs: { Table: { Value: { Ref: 'Tokens' } } } });
    return directory;
  };
  const stackArtifact = { type: 'aws:cloudformation:stack', properties: { templateFile: 'Demo.template.json' } };
  const assetsArtifact = { type: 'cdk:asset-manifest', properties: { file: 'Demo.assets.json' } };

  it('gives its stack, the outputs and the directories of its assets', () => {
    const directory = assemblyOf({ 'Demo.assets': assetsArtifact, Demo: stackArtifact });
    const stack = loadStack(directory, { parameters: {} });
    expect([stack.name, stack.outputs]).toEqual(['Demo', { Table: 'Tokens' }]);
    expect(stack.assetDirectory('1.zip')).toBe(join(directory, 'asset.1'));
    expect(() => stack.assetDirectory('2.zip')).toThrow('there is no asset 2.zip');
  });

  it('with two stacks is refused', () => {
    const directory = assemblyOf({ Demo: stackArtifact, Other: stackArtifact });
    expect(() => loadStack(directory, { parameters: {} })).toThrow('has 2 stacks');
  });
});
