import type { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AlarmTarget } from './alarm-target.ts';
import { alarmsOfMail, alarmsOfTheApi, alarmsOfTheSchedule, alarmsOfTheStream } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DataTable } from './data-store.ts';
import { DeadLetters } from './dead-letters.ts';
import { alarmsOfFunctions, alarmsOfQueues, alarmsOfReaders, alarmsOfTables } from './every-alarm.ts';
import { LogMetrics } from './log-metrics.ts';
import { ServiceFunction } from './service-function.ts';
import type { Watched } from './watched.ts';

/** Metrics, alarms and the dashboard. It comes last and looks for what there is, so that nothing new is forgotten. */
export class Observability extends Construct {
  constructor(stack: Stack, id: string, { stage, api }: Pick<Watched, 'stage' | 'api'>) {
    super(stack, id);
    const there = stack.node.findAll();
    const functions = there.filter((one) => one instanceof ServiceFunction);
    const watched = {
      stage,
      api,
      functions,
      queues: there.filter((one) => one instanceof DeadLetters),
      tables: there.filter((one) => one instanceof DataTable),
      logs: new LogMetrics(this, 'LogMetrics', functions),
    };
    const target = new AlarmTarget(this, 'Alarms', stage);
    for (const alarms of [
      alarmsOfTheApi,
      alarmsOfTheStream,
      alarmsOfTheSchedule,
      alarmsOfMail,
      alarmsOfFunctions,
      alarmsOfReaders,
      alarmsOfQueues,
      alarmsOfTables,
    ])
      for (const alarm of alarms(watched)) target.raise(alarm);
    new Dashboard(this, 'Dashboard', { watched, alarms: target.alarms });
  }
}
