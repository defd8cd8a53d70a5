import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { AlarmSpec } from './alarm-target.ts';
import type { DataTable } from './data-store.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Watched } from './watched.ts';

const fiveMinutes = Duration.minutes(5);

/** `http/read-tokens` is `read-tokens` to those who are woken. */
export const nameOf = ({ entry }: ServiceFunction): string => entry.replace(/^.*\//, '');

/** No function ends without an answer: one crash or overrun is a mistake of ours. */
export function alarmsOfFunctions({ functions }: Watched): AlarmSpec[] {
  return functions.map((one) => ({
    name: `${nameOf(one)}-fails`,
    means: one.failureImpact,
    metric: one.lambda.metricErrors({ period: fiveMinutes, statistic: 'Sum' }),
    when: { atLeast: 1 },
  }));
}

/** Deletions are refused at once; receipts and events come later. A minute behind is what somebody waiting for a receipt notices. */
export function alarmsOfReaders({ functions }: Watched): AlarmSpec[] {
  return functions.filter(isReader).map((one) => ({
    name: `${nameOf(one)}-behind`,
    means: `The stream is read late. ${one.failureImpact}`,
    metric: ageOf(one),
    when: { atLeast: Duration.minutes(1).toMilliseconds() },
    periods: 5,
  }));
}

export const isReader = ({ node }: ServiceFunction): boolean =>
  node.findAll().some((one) => one instanceof EventSourceMapping);

/** How old the last record was when the function was given it, in ms. */
export const ageOf = ({ lambda }: ServiceFunction): Metric =>
  lambda.metric('IteratorAge', { period: Duration.minutes(1), statistic: Stats.MAXIMUM });

/** What is in a queue was given up: nothing happens to it until somebody does something. */
export function alarmsOfQueues({ functions, queues }: Watched): AlarmSpec[] {
  return queues.map((queue) => {
    const one = functions.find((candidate) => candidate.node === queue.node.scope?.node);
    if (!one) throw new Error(`${queue.node.path} is the end of no function.`);
    return {
      name: `${nameOf(one)}-dead-letters`,
      means: `Something was given up after all tries. ${one.failureImpact}`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: Stats.MAXIMUM }),
      when: { atLeast: 1 },
    };
  });
}

/** On demand a table is throttled when traffic more than doubles within 30 minutes, or when one key is asked for too often. */
export function alarmsOfTables({ tables }: Watched): AlarmSpec[] {
  const metrics = tables.flatMap(throttlesOf);
  return [
    {
      name: 'tables-throttled',
      means: 'Some requests are answered late, or with 503 after three seconds of tries.',
      metric: new MathExpression({
        expression: `SUM(METRICS())`,
        label: 'Throttled requests',
        usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
        period: fiveMinutes,
      }),
      when: { atLeast: 1 },
      periods: 2,
    },
  ];
}

/** Also of writes to an index: the table's own wait for them. */
export function throttlesOf({ table, indexes }: DataTable): Metric[] {
  const throttled = (metricName: string, index: Readonly<Record<string, string>> = {}) =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: table.tableName, ...index },
      statistic: 'Sum',
      period: fiveMinutes,
    });
  return [
    throttled('ReadThrottleEvents'),
    throttled('WriteThrottleEvents'),
    ...indexes.map((name) => throttled('WriteThrottleEvents', { GlobalSecondaryIndexName: name })),
  ];
}
