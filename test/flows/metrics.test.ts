import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { presentAssembly } from '../support/present-assembly.ts';
import { RunningSystem } from '../support/running-system.ts';

const Ref = z.object({ Ref: z.string() });
const TemplateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.unknown(), Metadata: z.record(z.string(), z.unknown()).default({}) }),
  ),
});
const FilterSchema = z.object({
  FilterPattern: z.string(),
  LogGroupName: Ref,
  MetricTransformations: z.tuple([
    z.object({
      MetricName: z.string(),
      MetricValue: z.string(),
      Dimensions: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
    }),
  ]),
});
type Line = Readonly<Record<string, unknown>>;
interface MetricOfLines {
  readonly name: string;
  readonly pattern: string;
  /** Where the lines are. */
  readonly file: string;
  /** Fields that the number, and what it is told apart by, are taken from. */
  readonly fields: readonly string[];
}

/** What does not happen here: its fields have to be in the line, with another value. */
const neverHappened = ['SweepsCutShort', 'StuckRevocations'];

let running: RunningSystem;
let metrics: readonly MetricOfLines[];
beforeAll(async () => {
  running = await RunningSystem.start();
  metrics = readMetrics(path.join(await presentAssembly(), 'tokenward-dev.template.json'));
  await doEverything();
});
afterAll(() => running.stop());

/** A refusal, a failure, a token that is not active, a deletion with a session, a run of each schedule, an issuer that is down. */
async function doEverything(): Promise<void> {
  const { system } = running;
  const token = await running.createToken();
  await running.call('POST', '/v3/token_sessions', { value: token.value, json: {} });
  await running.call('GET', '/v3/stacks/management_tokens');
  const heal = system.front.inject({ kind: 'reset', when: ({ caller }) => caller !== 'operator' });
  await running.use(token.value);
  heal();
  await running.deleteToken(token);
  await running.introspect(token.value);
  await system.streams.idle();
  await system.schedules.run('sweep');
  await system.schedules.run('reconcile');
  system.clock.advance('PT10M');
  await system.issuer.close();
  await running.call('GET', '/v3/stacks/management_tokens', { as: 'owner' });
}

it('finds in the logs, by the patterns of the template, a line for every metric', async () => {
  const names = new Set(metrics.map(({ name }) => name));
  expect(names.size).toBeGreaterThan(15);
  const found = () => new Set(metrics.filter(isCounted).map(({ name }) => name));
  await vi.waitFor(() => expect([...names].filter((name) => !found().has(name))).toEqual([]), 10_000);
});

const isCounted = (metric: MetricOfLines) => linesOf(metric.file).some((line) => counts(metric, line));

function counts({ name, pattern, fields }: MetricOfLines, line: Line): boolean {
  const isLenient = neverHappened.includes(name);
  return (
    conditionsOf(pattern).every(({ field, value }, index) =>
      // The first is the message.
      isLenient && index > 0 ? typeof valueAt(line, field) === typeof value : valueAt(line, field) === value,
    ) && fields.every((field) => ['number', 'string'].includes(typeof valueAt(line, field)))
  );
}

/** `{ ($.message = "swept") && ($.complete IS FALSE) }`: as much of the language as the template uses; anything else is an error. */
function conditionsOf(pattern: string): { readonly field: string; readonly value: string | boolean }[] {
  const inside = /^\{ (.*) \}$/.exec(pattern)?.[1] ?? '';
  return inside.split(' && ').map((part) => {
    const [, field, text, truth] = /^\(?\$\.([\w.]+) (?:= "([^"]*)"|IS (TRUE|FALSE))\)?$/.exec(part) ?? [];
    if (field === undefined) throw new Error(`The test cannot read ${pattern}.`);
    return { field, value: text ?? truth === 'TRUE' };
  });
}

function valueAt(line: Line, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((at, name) => z.record(z.string(), z.unknown()).safeParse(at).data?.[name], line);
}

function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return [z.record(z.string(), z.unknown()).parse(JSON.parse(text))];
      } catch {
        return [];
      }
    });
}

function readMetrics(template: string): MetricOfLines[] {
  const { Resources } = TemplateSchema.parse(JSON.parse(readFileSync(template, 'utf8')));
  const all = Object.values(Resources);
  const files = new Map(
    all.flatMap(({ Type, Properties, Metadata }) => {
      const title = Metadata['tokenward:function'];
      if (Type !== 'AWS::Lambda::Function' || typeof title !== 'string') return [];
      const { LoggingConfig } = z.object({ LoggingConfig: z.object({ LogGroup: Ref }) }).parse(Properties);
      const name = `${title.replaceAll('/', '-')}.log`;
      return [[LoggingConfig.LogGroup.Ref, running.system.home.path('logs', name)] as const];
    }),
  );
  return all.flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::Logs::MetricFilter') return [];
    const { FilterPattern: pattern, LogGroupName, MetricTransformations } = FilterSchema.parse(Properties);
    const [{ MetricName: name, MetricValue, Dimensions }] = MetricTransformations;
    const taken = [MetricValue, ...Dimensions.map(({ Value }) => Value)].filter((value) => value.startsWith('$.'));
    const fields = taken.map((value) => value.slice(2));
    return [{ name, pattern, fields, file: files.get(LogGroupName.Ref) ?? path.join('no', 'log') }];
  });
}
