import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

const switchWithoutB = "export function a(b: 'A' | 'B') {\n  switch (b) {\n    case 'A':\n      a(b);\n  }\n}";

/** Of the one file that has two rules of its own. */
const twoOffences = `${use('../http/chain/caller.ts')}\n${useLate('@smithy/core')}`;

/** Where an offence stands, the offence, and a part of the reason that the linter gives for it. */
type Offence = readonly [what: string, file: string, code: string, reason: string];

/** From the ground up: each may import those before it. */
const layers = ['values', 'events', 'hygiene', 'stacks', 'tokens', 'verification', 'sessions', 'notices'];
const core = `The core is layered: ${layers.join(', ')}, from the ground up`;
const doors = 'A door imports itself, the core and functions/runtime';
const browser = 'The console runs in a browser';
const entryPoint = 'An entry point wires its door to functions/runtime';
const environment = 'Only functions/runtime/env.ts reads the environment';
const given = 'The core and functions/outbound have no clock and no randomness of their own';
const zod = "write import * as z from 'zod/mini'";
const outbound = 'functions/outbound calls systems of others';
const wall = 'Only functions/aws imports the AWS SDK';
const storage = 'functions/aws/storage knows DynamoDB and nothing of tokens';
const runsTheTemplate = 'local runs the synthesized template';
const onlyTests = 'only tests import it';

const offences: readonly Offence[] = [
  ...layers.flatMap((layer, at): Offence[] => [
    ...layers.slice(at + 1).map((above): Offence => {
      const file = `functions/${layer}/imports-${above}.ts`;
      return [`${layer} imports ${above}`, file, use(`../${above}/a.ts`), core];
    }),
    [`${layer} imports a door`, `functions/${layer}/a.ts`, use('../http/chain/endpoint.ts'), core],
    [`${layer} imports AWS`, `functions/${layer}/b.ts`, use('../aws/keys.ts'), core],
    [`${layer} imports AWS's storage`, `functions/${layer}/c.ts`, use('../aws/storage/storage.ts'), core],
    [`${layer} imports a type of AWS`, `functions/${layer}/d.ts`, "export type { Keys } from '../aws/keys.ts';", core],
    [`${layer} imports the SDK`, `functions/${layer}/e.ts`, use('@aws-sdk/client-dynamodb'), wall],
    [`${layer} imports the runtime`, `functions/${layer}/f.ts`, use('../runtime/log.ts'), core],
    [`${layer} imports a framework`, `functions/${layer}/j.ts`, use('@middy/core'), core],
    [`${layer} reads files`, `functions/${layer}/k.ts`, use('node:fs'), core],
    [`${layer} imports a door when it is needed`, `functions/${layer}/l.ts`, useLate('../http/chain/problem.ts'), core],
    [`${layer} calls others`, `functions/${layer}/m.ts`, use('../outbound/get-json.ts'), core],
    [`${layer} asks for the time`, `functions/${layer}/n.ts`, 'export const a = new Date();', given],
    [`${layer} asks for the milliseconds`, `functions/${layer}/o.ts`, 'export const a = Date.now();', given],
    [`${layer} throws dice`, `functions/${layer}/p.ts`, 'export const a = Math.random();', given],
    [`${layer} makes its own uids`, `functions/${layer}/q.ts`, "import { randomUUID } from 'node:crypto';", given],
    [`${layer} reads the environment`, `functions/${layer}/r.ts`, 'export const a = process.env.A;', environment],
  ]),
  ['a door imports AWS', 'functions/http/tokens/a.ts', use('../../aws/keys.ts'), doors],
  ["a door imports AWS's storage", 'functions/http/chain/a.ts', use('../../aws/storage/storage.ts'), doors],
  ['a door of streams imports AWS', 'functions/stream/b.ts', use('../aws/keys.ts'), doors],
  ['what stands beside the entry points imports AWS', 'functions/http/a.ts', use('../aws/keys.ts'), doors],
  ['a door imports another door', 'functions/stream/a.ts', use('../http/chain/endpoint.ts'), doors],
  ['a door of HTTP imports another door', 'functions/http/oauth/a.ts', use('../../stream/announce.ts'), doors],
  ['storage imports a repository', 'functions/aws/storage/a.ts', use('../keys.ts'), storage],
  ['storage imports what is stored', 'functions/aws/storage/b.ts', use('../../tokens/token.ts'), storage],
  ['a door takes its dependencies', 'functions/http/stacks/b.ts', use('../../runtime/dependencies.ts'), doors],
  ['a schedule takes its dependencies', 'functions/schedule/b.ts', use('../runtime/dependencies.ts'), doors],
  ['an entry point calls a use case', 'functions/http/c.lambda.ts', use('../tokens/create-token.ts'), entryPoint],
  [
    'AWS imports a door',
    'functions/aws/a.ts',
    use('../http/chain/problem.ts'),
    "functions/aws implements the core's interfaces",
  ],
  ['a call to others imports a door', 'functions/outbound/a.ts', use('../http/chain/caller.ts'), outbound],
  ['a call to others imports AWS', 'functions/outbound/b.ts', use('../aws/storage/storage.ts'), outbound],
  ['a call to others imports the runtime', 'functions/outbound/c.ts', use('../runtime/log.ts'), outbound],
  ['a call to others imports the SDK', 'functions/outbound/d.ts', use('@aws-sdk/client-dynamodb'), wall],
  ['a call to others asks for the time', 'functions/outbound/e.ts', 'export const a = Date.now();', given],
  ['a call to others throws dice', 'functions/outbound/f.ts', 'export const a = Math.random();', given],
  ['a call to others reads the environment', 'functions/outbound/g.ts', 'export const a = process.env.A;', environment],
  ['a door calls others', 'functions/http/chain/o.ts', use('../../outbound/issuer-keys.ts'), doors],
  [
    'AWS calls others',
    'functions/aws/c.ts',
    use('../outbound/get-json.ts'),
    "functions/aws implements the core's interfaces",
  ],
  ['the runtime imports the core', 'functions/runtime/a.ts', use('../values/refusals.ts'), 'knows nothing of tokens'],
  [
    'the composition root imports a door',
    'functions/runtime/dependencies.ts',
    twoOffences,
    'The composition root puts the core and the outside together',
  ],
  ['infra imports a use case', 'infra/a.ts', use('../functions/tokens/token.ts'), 'infra shares three things'],
  [
    'infra imports what runs the template',
    'infra/b.ts',
    use('../local/template/template.ts'),
    'infra shares three things',
  ],
  ['local imports functions', 'local/a.ts', use('../functions/http/chain/routes.ts'), runsTheTemplate],
  [
    'a local service imports functions',
    'local/services/ses/a.ts',
    use('../../../functions/http/chain/routes.ts'),
    runsTheTemplate,
  ],
  ['local imports infra', 'local/b.ts', use('../infra/doors.ts'), runsTheTemplate],
  ['the console imports a use case', 'console/src/tokens/a.ts', use('../../../functions/tokens/token.ts'), browser],
  [
    'the console changes something past useChange',
    'console/src/tokens/c.ts',
    "import { useMutation } from '@tanstack/react-query';\nexport const a = useMutation;",
    'A change goes through useChange',
  ],
  ['the console imports a built-in', 'console/src/tokens/b.ts', use('node:crypto'), browser],
  [
    'seeds go through a door',
    'local/people/seeds.ts',
    use('../../functions/http/chain/endpoint.ts'),
    'Seeds are made by use cases',
  ],
  ['the SDK comes over the wall', 'functions/http/d.ts', use('@aws-sdk/client-dynamodb'), wall],
  ['the SDK comes over the wall late', 'functions/runtime/dependencies.ts', twoOffences, wall],
  ['an entry point is imported', 'functions/http/e.ts', use('./stacks.lambda.ts'), onlyTests],
  ['an entry point is imported late', 'local/c.ts', useLate('../functions/http/stacks.lambda.ts'), onlyTests],
  ['a function reads the environment', 'functions/http/f.ts', 'export const a = process.env.A;', environment],
  ['a function takes the environment', 'functions/aws/b.ts', 'export const { env } = process;', environment],
  ['a function imports the process', 'functions/runtime/b.ts', use('node:process'), environment],
  ['a function imports all of zod', 'functions/http/i.ts', "import * as z from 'zod';", zod],
  ['a function imports z from zod', 'functions/aws/i.ts', "import { z } from 'zod/mini';", zod],
  ['a function imports another zod', 'functions/tokens/i.ts', "import * as z from 'zod/v4';", zod],
  ['a function writes to the console', 'functions/http/j.ts', "console.log('x');", "Don't use console"],
  ['anything is any', 'functions/http/k.ts', 'export const a: any = 1;', 'Unexpected any'],
  ['a file has the name of a class', 'functions/http/TokenView.ts', 'export const a = 1;', 'should be in'],
  ['a module exports without a name', 'functions/http/l.ts', 'export default 1;', 'default export'],
  ['a built-in has no prefix', 'local/d.ts', use('fs'), 'node: protocol'],
  [
    'a promise is left alone',
    'functions/http/m.ts',
    'async function a() {}\nexport const b = () => { a(); };',
    'floating',
  ],
  ['a case is forgotten', 'functions/http/n.ts', switchWithoutB, 'not exhaustive'],
  ...(['a', 'b'] as const).map((name): Offence => {
    const code = `import type { T } from './cycle-${name === 'a' ? 'b' : 'a'}.ts';\nexport type { T };`;
    return [
      `two files import types of each other (${name})`,
      `functions/tokens/cycle-${name}.ts`,
      code,
      'part of a cycle',
    ];
  }),
  ['a function has four parameters', 'local/e.ts', 'export const a = (b, c, d, e) => [b, c, d, e];', 'parameters'],
  ['a function goes on and on', 'infra/c.ts', `export function a() {${'\n  a();'.repeat(41)}\n}`, 'too many lines'],
];

type Allowed = readonly [what: string, file: string, code: string];

const allowed: readonly Allowed[] = [
  ...layers.map((layer, at): Allowed => {
    const below = layers.slice(0, at).map((one) => `../${one}/a.ts`);
    return [`${layer} imports what is below it`, `functions/${layer}/ok.ts`, use('./a.ts', ...below, 'zod/mini')];
  }),
  ['the core compares moments that it is given', 'functions/tokens/ok-2.ts', 'export const a = new Date(5).getTime();'],
  [
    'a door imports the core',
    'functions/http/chain/ok.ts',
    use('../../tokens/edit-token.ts', '../../runtime/log.ts', 'jose'),
  ],
  [
    'storage imports refusals',
    'functions/aws/storage/ok.ts',
    use('../../values/refusals.ts', '@aws-sdk/client-dynamodb'),
  ],
  [
    'an entry point imports its door',
    'functions/http/ok.lambda.ts',
    use('./chain/endpoint.ts', '../runtime/dependencies.ts'),
  ],
  [
    'the console imports the schemas of answers',
    'console/src/api/ok.ts',
    use('../../../functions/http/stacks/stacks.ts'),
  ],
  [
    'a call to others imports the core and built-ins',
    'functions/outbound/ok.ts',
    use('../values/refusals.ts', 'node:https', 'jose'),
  ],
  ['AWS imports the SDK', 'functions/aws/ok.ts', use('@aws-sdk/client-dynamodb', '../tokens/token.ts')],
  [
    'the composition root imports the core, AWS and calls to others',
    'functions/runtime/dependencies.ts',
    use('../aws/keys.ts', '../verification/usage.ts', '../outbound/issuer-keys.ts'),
  ],
  ['one file reads the environment', 'functions/runtime/env.ts', 'export const a = process.env.A;'],
  ['infra imports names', 'infra/ok.ts', use('../functions/runtime/env.ts', '../functions/http/chain/routes.ts')],
  [
    'seeds call use cases',
    'local/people/seeds.ts',
    use('../../functions/tokens/create-token.ts', '../../functions/aws/keys.ts'),
  ],
  ['a test imports an entry point', 'test/http/ok.ts', use('../../functions/http/stacks.lambda.ts')],
];

describe('the linter holds the house rules, and says why', () => {
  let refused: Diagnostics;
  let accepted: Diagnostics;
  beforeAll(async () => {
    refused = await lint(offences.map(([, file, code]) => [file, code]));
    accepted = await lint(allowed.map(([, file, code]) => [file, code]));
  });

  it.each(offences)('refuses that %s', (_what, file, _code, reason) => {
    expect(refused.get(file)?.join('\n') ?? 'nothing is said').toContain(reason);
  });

  it('each folder of functions is one that a rule is about', () => {
    const folders = readdirSync(path.join(root, 'functions')).sort();
    expect(folders).toEqual([...layers, 'aws', 'http', 'outbound', 'runtime', 'schedule', 'stream'].sort());
  });

  it.each(allowed)('allows that %s', (_what, file) => {
    expect(accepted.get(file) ?? []).toEqual([]);
  });
});

/** What the linter says of each file. */
type Diagnostics = ReadonlyMap<string, readonly string[]>;

const ReportSchema = z.object({
  diagnostics: z.array(z.object({ message: z.string(), location: z.object({ path: z.string() }) })),
});

/** Lints files that stand in a project of their own with this project's rules. */
async function lint(files: readonly (readonly [file: string, code: string])[]): Promise<Diagnostics> {
  const project = await mkdtemp(path.join(tmpdir(), 'rules-'));
  try {
    await cp(path.join(root, '.biome'), path.join(project, '.biome'), { recursive: true });
    const config = JSON.parse(await readFile(path.join(root, 'biome.json'), 'utf8'));
    await writeFile(path.join(project, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
    for (const [file, code] of files) {
      await mkdir(path.dirname(path.join(project, file)), { recursive: true });
      await writeFile(path.join(project, file), `${code}\n`);
    }
    const { diagnostics } = ReportSchema.parse(JSON.parse(await biome(project)));
    const said = Map.groupBy(diagnostics, ({ location }) => location.path);
    return new Map([...said].map(([file, some]) => [file, some.map(({ message }) => message)]));
  } finally {
    await rm(project, { recursive: true });
  }
}

/** The linter's report; it exits with 1 where it has found something. */
async function biome(cwd: string): Promise<string> {
  const executable = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [executable, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  return await promisify(execFile)(process.execPath, args, { cwd }).then(
    ({ stdout }) => stdout,
    (error: unknown) => z.object({ stdout: z.string() }).parse(error).stdout,
  );
}

function use(...names: readonly string[]): string {
  return names.map((name, at) => `import * as a${at} from '${name}';\nexport { a${at} };`).join('\n');
}

function useLate(name: string): string {
  return `export const late = await import('${name}');`;
}
