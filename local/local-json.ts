import { type Person, people } from './people/accounts.ts';
import { TEN_YEARS } from './people/issuer.ts';
import type { System } from './system.ts';
import { environmentOf } from './template/resource-properties.ts';

/** What programs need to use the running system; `<home>/local.json`. */
export type LocalJson = Awaited<ReturnType<typeof writeLocalJson>>;

/** Signs everybody in and writes `local.json`. @param stack the one that the seeds made */
export async function writeLocalJson(system: System, stack: { readonly api_key: string; readonly name: string }) {
  const { endpoint, otherApis, console, engine, issuer, home } = system;
  const signIn = async (person: Person) => ({
    email: people[person].email,
    authtoken: await issuer.mintForPerson(person, TEN_YEARS),
  });
  const content = {
    endpoint,
    /** of APIs that it protects, by their names */
    other_apis: otherApis,
    console,
    issuer: issuer.endpoint,
    /** all mails as JSON; `/view` below it is for people */
    mail: `${endpoint}/_local/mail`,
    /** the engine itself, not the front */
    dynamodb: engine.endpoint,
    /** their names in it, for commands of operators; by variable */
    tables: tablesOf(system.stack),
    stack,
    people: {
      owner: await signIn('owner'),
      admin: await signIn('admin'),
      developer: await signIn('developer'),
      outsider: await signIn('outsider'),
    },
    machines: {
      automation: { authtoken: await issuer.mintForMachine('automation', TEN_YEARS) },
      resource_server: { access_token: await issuer.mintForMachine('resource_server', TEN_YEARS) },
    },
  };
  home.writeJson('local.json', content);
  return content;
}

/** By the environment variables that name them to functions: `TOKENS_TABLE` and its like. */
function tablesOf(stack: System['stack']): Readonly<Record<string, string>> {
  const variables = stack.ofType('AWS::Lambda::Function').flatMap((one) => Object.entries(environmentOf(one)));
  return Object.fromEntries(variables.filter(([variable]) => variable.endsWith('_TABLE')));
}
