import * as z from 'zod';
import { type Person, people } from './people/accounts.ts';
import { TEN_YEARS } from './people/issuer.ts';
import type { System } from './system.ts';

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

/** By the variables that tell functions of them: `TOKENS_TABLE` and its like. */
function tablesOf(stack: System['stack']): Readonly<Record<string, string>> {
  const Properties = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });
  const told = stack
    .ofType('AWS::Lambda::Function')
    .flatMap(({ properties }) => Object.entries(Properties.safeParse(properties).data?.Environment.Variables ?? {}));
  return Object.fromEntries(told.filter(([variable]) => variable.endsWith('_TABLE')));
}
