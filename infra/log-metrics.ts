import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

interface LogMetric {
  /** The functions whose lines are counted: names, or what they begin with. */
  readonly of: string;
  /** The line's message, and what else has to stand in it. */
  readonly message: string;
  readonly where?: Readonly<Record<string, string | boolean>>;
  /** The field that has the number; absent: lines are counted. */
  readonly field?: string;
  /** The field whose values are told apart: of few values only, each is a metric that is paid for. */
  readonly by?: { readonly dimension: string; readonly field: string };
  readonly unit: Unit;
}

const { COUNT, MILLISECONDS } = Unit;
const byReason = { dimension: 'Reason', field: 'reason' };
const swept = { of: 'schedule/sweep', message: 'swept', unit: COUNT };
const reconciled = { of: 'schedule/reconcile', message: 'reconciled', unit: COUNT };
const rounds = { of: 'stream/end-sessions', message: 'revocation round' };

/** Every number that is read from the functions' logs, by the metric's name. */
const logMetrics = {
  /** Answers that are a problem document, by the last part of its type; `unavailable` and `internal` are failures of ours. */
  Refusals: { of: 'http/', message: 'request failed', by: byReason, unit: COUNT },
  /** Fetches of the issuer's keys that failed, by any door that people or services sign in at. */
  KeyFetchFailures: { of: 'http/', message: 'issuer keys not fetched', unit: COUNT },
  /** What services were told is not active, by the judge's reason. */
  InactiveTokens: { of: 'http/introspect', message: 'token not active', by: byReason, unit: COUNT },
  /** From a deletion to its completed receipt. */
  RevocationTime: { ...rounds, where: { outcome: 'completed' }, field: 'took_ms', unit: MILLISECONDS },
  StuckRevocations: { ...rounds, where: { outcome: 'stuck' }, unit: COUNT },
  SweepDue: { ...swept, field: 'due' },
  SweepDone: { ...swept, field: 'done' },
  SweepFailures: { ...swept, field: 'failures' },
  /** Runs that had no time for everything. */
  SweepsCutShort: { ...swept, where: { complete: false } },
  Notices: { ...swept, field: 'notices' },
  CleanedUp: { ...swept, field: 'cleaned_up' },
  MailsSent: { ...swept, field: 'mails.sent' },
  MailsFailed: { ...swept, field: 'mails.failed' },
  MailsUnknown: { ...swept, field: 'mails.unknown' },
  MailsUndeliverable: { ...swept, field: 'mails.undeliverable' },
  LeftoverSessions: { ...reconciled, field: 'leftover_sessions' },
  OverdueReceipts: { ...reconciled, field: 'overdue_receipts' },
  OverdueDigests: { ...reconciled, field: 'overdue_digests' },
} as const satisfies Record<string, LogMetric>;

export type LogMetricName = keyof typeof logMetrics;
export const logMetricNames = Object.keys(logMetrics) as LogMetricName[];

/**
 * Metrics that CloudWatch takes out of the lines that functions write anyway: no byte and no moment of a function is spent on them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
 */
export class LogMetrics extends Construct {
  /** One for each deployment: filters can add no dimension that is not in the line. */
  readonly namespace: string;

  constructor(scope: Construct, id: string, functions: readonly ServiceFunction[]) {
    super(scope, id);
    this.namespace = `Tokenward/${Stack.of(this).stackName}`;
    for (const name of logMetricNames) {
      const { of }: LogMetric = logMetrics[name];
      for (const one of functions.filter(({ entry }) => entry.startsWith(of))) this.#filter(name, one);
    }
  }

  /** The sum of 5 minutes, unless said otherwise; `reason` where the metric is told apart by it. */
  metric(name: LogMetricName, { reason, ...options }: MetricOptions & { reason?: string } = {}): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: name,
      statistic: 'Sum',
      period: Duration.minutes(5),
      ...(reason === undefined ? {} : { dimensionsMap: { [byReason.dimension]: reason } }),
      ...options,
    });
  }

  #filter(name: LogMetricName, one: ServiceFunction): void {
    const { message, where = {}, field, by, unit }: LogMetric = logMetrics[name];
    const parts = Object.entries({ message, ...where }).map(([key, value]) =>
      typeof value === 'boolean'
        ? FilterPattern.booleanValue(`$.${key}`, value)
        : FilterPattern.stringValue(`$.${key}`, '=', value),
    );
    new MetricFilter(one, name, {
      logGroup: one.logGroup,
      filterPattern: FilterPattern.all(...parts),
      metricNamespace: this.namespace,
      metricName: name,
      metricValue: field === undefined ? '1' : `$.${field}`,
      unit,
      ...(by ? { dimensions: { [by.dimension]: `$.${by.field}` } } : {}),
    });
  }
}
