import { expect, it } from 'vitest';
import * as z from 'zod';
import { variables } from '../../functions/runtime/env.ts';
import type { Stage } from '../../infra/stages.ts';
import { functionName, type Synthesized } from './synthesized-stack.ts';

const types = {
  pool: 'AWS::Cognito::UserPool',
  client: 'AWS::Cognito::UserPoolClient',
  server: 'AWS::Cognito::UserPoolResourceServer',
};

/** By whom callers are signed in: an issuer that is there already, or a user pool that the template makes. */
export function describeSignIn(stack: () => Synthesized, stage: Stage): void {
  const hasPool = stage.signIn.by === 'user pool';
  const ofType = (type: string) => stack().everything.filter((one) => one.type === type);

  it('is by a user pool only where the stage says so', () => {
    expect(ofType(types.pool)).toHaveLength(hasPool ? 1 : 0);
  });

  it('signs nobody up, asks for a second factor, and lets nobody change the address that they are known by', () => {
    for (const { properties } of ofType(types.pool))
      expect(properties).toMatchObject({
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        MfaConfiguration: 'ON',
        EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
        DeletionProtection: 'ACTIVE',
        UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      });
    const people = ofType(types.client).filter(({ properties }) => properties.GenerateSecret === false);
    expect(people.map(({ properties }) => properties.WriteAttributes)).toEqual(people.map(() => ['name']));
  });

  it('gives people a code for a public client and machines their own credentials, and neither the flow of the other', () => {
    const flows = ofType(types.client).map(({ properties }) => [
      properties.GenerateSecret,
      properties.AllowedOAuthFlows,
      properties.ExplicitAuthFlows ?? [],
    ]);
    expect(flows.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      hasPool
        ? [
            [false, ['code'], ['ALLOW_REFRESH_TOKEN_AUTH']],
            [true, ['client_credentials'], ['ALLOW_REFRESH_TOKEN_AUTH']],
            [true, ['client_credentials'], ['ALLOW_REFRESH_TOKEN_AUTH']],
          ]
        : [],
    );
  });

  it('has a scope for services and one for machines that manage tokens, and gives each client its own only', () => {
    const servers = ofType(types.server);
    const declared = servers.flatMap(({ properties }) => ScopesSchema.parse(properties.Scopes));
    expect(declared).toEqual(hasPool ? ['tokens:introspect', 'tokens:manage'] : []);
    const names = { [servers[0]?.id ?? 'none']: servers[0]?.properties.Identifier };
    const given = ofType(types.client).map(({ id, properties }) => [
      id.replace(/^SignInUserPool|[0-9A-F]{8}$/g, ''),
      AllowedScopesSchema.parse(properties.AllowedOAuthScopes).map((scope) => textOf(scope, names)),
    ]);
    expect(Object.fromEntries(given)).toEqual(
      hasPool
        ? {
            Console: ['openid', 'profile', 'email'],
            Service: ['tokenward/tokens:introspect'],
            Automation: ['tokenward/tokens:manage'],
          }
        : {},
    );
  });

  it('is told to doors with the names that the issuer gives the scopes', () => {
    const told = stack()
      .all('AWS::Lambda::Function')
      .map(({ properties }) => properties.Environment?.Variables ?? {})
      .filter((given) => given[variables.issuerUrl] !== undefined)
      .map((given) => [given[variables.introspectionScope], given[variables.managementScope]].join(' '));
    // With an issuer they are parameters of the template.
    const names = hasPool
      ? 'tokenward/tokens:introspect tokenward/tokens:manage'
      : 'IntrospectionScope ManagementScope';
    expect([...new Set(told)]).toEqual([names]);
  });

  it('is told to every door that recognizes members or services, and to no other', () => {
    const names = [
      variables.issuerUrl,
      variables.jwksUrl,
      variables.audience,
      variables.introspectionScope,
      variables.managementScope,
    ];
    for (const { id, type, properties } of stack().everything) {
      if (type !== 'AWS::Lambda::Function') continue;
      const given = JSON.stringify(properties.Environment ?? {});
      const told = names.filter((name) => given.includes(`"${name}"`));
      expect([0, names.length], id).toContain(told.length);
      if (hasPool && told.length > 0)
        for (const { id: client } of ofType(types.client)) expect(given, id).toContain(client);
    }
    expect(stack().all('AWS::Lambda::Function').map(functionName)).toContain('http/introspect');
  });
}

const ScopesSchema = z.array(z.object({ ScopeName: z.string() })).transform((all) => all.map((one) => one.ScopeName));
const PartSchema = z.union([z.string(), z.object({ Ref: z.string() })]);
const AllowedScopesSchema = z.array(
  z.union([z.string(), z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(PartSchema)]) })]),
);

/** A text that may be put together of others. @param names what a reference to a resource server is at a deployment: its identifier */
function textOf(scope: z.output<typeof AllowedScopesSchema>[number], names: Readonly<Record<string, unknown>>): string {
  if (typeof scope === 'string') return scope;
  return scope['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : names[part.Ref])).join('');
}
