import { Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ageOf, isReader, nameOf, throttlesOf } from './every-alarm.ts';
import type { LogMetricName } from './log-metrics.ts';
import type { Watched } from './watched.ts';

interface DashboardProps {
  readonly watched: Watched;
  readonly alarms: readonly Alarm[];
}

/** One page: what is wrong, what callers get, what a deletion sets going, what the clock does, what was given up. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { watched, alarms }: DashboardProps) {
    super(scope, id);
    const rows: GraphWidget[][] = [callsAndAnswers(watched), revocations(watched), hygiene(watched), limits(watched)];
    new CloudWatchDashboard(this, 'Page', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.hours(12),
      widgets: [[new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 6 })], ...rows],
    });
  }
}

function callsAndAnswers({ api, logs }: Watched): GraphWidget[] {
  const { httpApi } = api;
  return [
    graph('Calls, and answers that are errors', [
      httpApi.metricCount({ statistic: 'Sum' }),
      httpApi.metricClientError({ statistic: 'Sum' }),
      httpApi.metricServerError({ statistic: 'Sum' }),
    ]),
    graph(
      'Time to an answer (ms)',
      [50, 99].map((share) => httpApi.metricLatency({ statistic: Stats.percentile(share) })),
    ),
    graph('Refusals by reason, and failed fetches of the issuer keys', [
      ...(['Refusals', 'InactiveTokens'] as const).map((name) => byReason(logs.namespace, name)),
      logs.metric('KeyFetchFailures'),
    ]),
  ];
}

/** Reasons are found when the page is looked at: those that never came cost nothing and are not shown. */
function byReason(namespace: string, name: LogMetricName): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{"${namespace}",Reason} MetricName="${name}"', 'Sum', 300)`,
    label: `${name}: \${PROP('Dim.Reason')}`,
    usingMetrics: {},
  });
}

function revocations({ logs, functions }: Watched): GraphWidget[] {
  const share = (percent: number) =>
    logs.metric('RevocationTime', { statistic: Stats.percentile(percent), label: `p${percent}` });
  return [
    graph('From a deletion to its completed receipt (ms)', [share(50), share(90), share(99)]),
    graph('Stuck revocations, and what was repaired', [
      logs.metric('StuckRevocations'),
      logs.metric('LeftoverSessions'),
      logs.metric('OverdueReceipts'),
      logs.metric('OverdueDigests'),
    ]),
    graph(
      'Age of what stream readers are given (ms)',
      functions.filter(isReader).map((one) => ageOf(one).with({ label: nameOf(one) })),
    ),
  ];
}

function hygiene({ logs }: Watched): GraphWidget[] {
  const all = (...names: LogMetricName[]) => names.map((name) => logs.metric(name));
  return [
    graph('Sweep: due and done', all('SweepDue', 'SweepDone', 'SweepFailures', 'SweepsCutShort')),
    graph('Notices and clean-ups', all('Notices', 'CleanedUp')),
    graph('Mails by outcome', all('MailsSent', 'MailsFailed', 'MailsUnknown', 'MailsUndeliverable')),
  ];
}

function limits({ functions, queues, tables }: Watched): GraphWidget[] {
  return [
    graph(
      'Given up: waiting in the queues',
      queues.map((queue) => queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM })),
    ),
    graph(
      'Functions that failed',
      functions.map((one) => one.lambda.metricErrors({ statistic: 'Sum', label: nameOf(one) })),
    ),
    graph('Throttled', [
      ...tables.flatMap(throttlesOf),
      new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: 'Sum' }),
    ]),
  ];
}

const graph = (title: string, left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 8, height: 6 });
