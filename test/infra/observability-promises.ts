import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { functionName, type Synthesized } from './synthesized-stack.ts';

const MetricSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
});
type Metric = z.output<typeof MetricSchema>;
const AlarmSchema = MetricSchema.partial().extend({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.object({ Ref: z.string() })),
  Threshold: z.number(),
  Metrics: z
    .array(z.object({ MetricStat: z.object({ Metric: MetricSchema }).optional() }))
    .default([])
    .transform((all) => all.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))),
});
const FilterSchema = z.object({
  LogGroupName: z.object({ Ref: z.string() }),
  MetricTransformations: z.tuple([z.object({ MetricNamespace: z.string(), MetricName: z.string() })]),
});

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
/** What stands under each heading of an entry. */
const entries = new Map(
  runbook
    .split(/^#+ /m)
    .filter((part) => /^[a-z-]+\n/.test(part))
    .map((part) => [part.slice(0, part.indexOf('\n')), part]),
);

/** Entries about APIs of other teams, which a stage has or has not. */
const ofProtectedApis: readonly string[] = ['authorize-fails', 'example-notes-fails'];

/** Alarms, the runbook, the dashboard and the metrics that they are made of: held to each other. */
export function describeObservability(stack: () => Synthesized): void {
  const ofType = (type: string) => stack().everything.filter((one) => one.type === type);
  const alarms = () => ofType('AWS::CloudWatch::Alarm').map(({ properties }) => AlarmSchema.parse(properties));
  const filters = () => ofType('AWS::Logs::MetricFilter').map(({ properties }) => FilterSchema.parse(properties));
  const dashboard = () => JSON.stringify(ofType('AWS::CloudWatch::Dashboard'));
  const watchedBy = (name: string) => (one: { readonly id: string }) =>
    alarms().some((alarm) =>
      metricsOf(alarm).some(
        ({ MetricName, Dimensions }) =>
          MetricName === name && Dimensions.some(({ Value }) => JSON.stringify(Value).includes(`"${one.id}"`)),
      ),
    );
  const unwatched = (resources: readonly { readonly id: string }[], metric: string) =>
    resources.filter((one) => !watchedBy(metric)(one)).map(({ id }) => id);

  it('has an entry in the runbook for each alarm, and an alarm for each entry', () => {
    const isProtecting = ofType('AWS::ApiGatewayV2::Authorizer').length > 0;
    const here = [...entries.keys()].filter((name) => isProtecting || !ofProtectedApis.includes(name));
    expect(alarms().map(entryNameOf).sort()).toEqual(here.sort());
  });

  it('says for each alarm what it means for users, how to look and what to do', () => {
    for (const [name, entry] of entries)
      for (const part of ['**Users:** ', '**Look:** ', '**Do:** ']) expect(entry, name).toContain(`- ${part}`);
  });

  it('leads from each alarm to its entry, in words that a woken person understands', () => {
    for (const alarm of alarms()) {
      const [means, link] = alarm.AlarmDescription.split(' What to do: ');
      expect(means, alarm.AlarmName).toMatch(/^[A-Z].{20,}\.$/);
      expect(link).toBe(`docs/runbook.md#${entryNameOf(alarm)}`);
    }
  });

  it('has no link in the runbook to an entry that is not there', () => {
    const links = [...runbook.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => anchor !== 'how-to-look' && !entries.has(anchor ?? ''))).toEqual([]);
  });

  it('tells one topic of every alarm, which only CloudWatch of this account may use', () => {
    const topics = ofType('AWS::SNS::Topic').map(({ id }) => ({ Ref: id }));
    expect(topics).toHaveLength(1);
    for (const { AlarmName, AlarmActions } of alarms()) expect(AlarmActions, AlarmName).toEqual(topics);
    const policies = JSON.stringify([...ofType('AWS::SNS::TopicPolicy'), ...ofType('AWS::KMS::Key')]);
    expect(policies.match(/"aws:SourceAccount":\{"Ref":"AWS::AccountId"\}/g)).toHaveLength(2);
    expect(policies.match(/"Service":"[^"]+"/g)).toEqual(Array(2).fill('"Service":"cloudwatch.amazonaws.com"'));
  });

  it('has an alarm on every function, which says what people notice', () => {
    expect(unwatched(stack().all('AWS::Lambda::Function'), 'Errors')).toEqual([]);
    for (const one of stack().all('AWS::Lambda::Function'))
      expect(entries.get(`${shortName(functionName(one))}-fails`)).toContain(one.properties.Description);
  });

  it('has an alarm on every queue of failures, on every reader of a stream, and on every table', () => {
    expect(unwatched(ofType('AWS::SQS::Queue'), 'ApproximateNumberOfMessagesVisible')).toEqual([]);
    const readers = stack().all('AWS::Lambda::EventSourceMapping');
    expect(
      unwatched(
        readers.map(({ properties }) => ({ id: properties.FunctionName })),
        'IteratorAge',
      ),
    ).toEqual([]);
    for (const metric of ['ReadThrottleEvents', 'WriteThrottleEvents'])
      expect(unwatched(ofType('AWS::DynamoDB::GlobalTable'), metric)).toEqual([]);
  });

  it('has no more metrics in an alarm than CloudWatch takes', () => {
    for (const alarm of alarms()) expect(metricsOf(alarm).length, alarm.AlarmName).toBeLessThanOrEqual(10);
  });

  it('shows every number that is taken out of the logs, and asks for no other of that kind', () => {
    const made = new Set(filters().map(({ MetricTransformations: [{ MetricName }] }) => MetricName));
    expect(made.size).toBeGreaterThan(10);
    expect([...made].filter((name) => !dashboard().includes(name))).toEqual([]);
    const asked = alarms().flatMap(metricsOf).filter(isOurs);
    expect(asked.filter(({ MetricName }) => !made.has(MetricName))).toEqual([]);
    const namespaces = filters().map(({ MetricTransformations: [{ MetricNamespace }] }) => MetricNamespace);
    expect(new Set([...namespaces, ...asked.map(({ Namespace }) => Namespace)]).size).toBe(1);
  });
}

const isOurs = ({ Namespace }: Metric) => Namespace.startsWith('Tokenward/');
const shortName = (entry: string) => entry.replace(/^.*\//, '');
type Alarm = z.output<typeof AlarmSchema>;
const entryNameOf = ({ AlarmName }: Alarm) => AlarmName.replace(/^tokenward-(dev|prod)-/, '');

function metricsOf({ Namespace, MetricName, Dimensions, Metrics }: Alarm): Metric[] {
  return Namespace && MetricName ? [{ Namespace, MetricName, Dimensions: Dimensions ?? [] }] : Metrics;
}
