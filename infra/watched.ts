import type { DataTable } from './data-store.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LogMetrics } from './log-metrics.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Stage } from './stages.ts';
import type { TokenApi } from './token-api.ts';

/** What is deployed, and what the operators see of it. */
export interface Watched {
  readonly stage: Stage;
  readonly api: TokenApi;
  readonly functions: readonly ServiceFunction[];
  readonly queues: readonly DeadLetters[];
  readonly tables: readonly DataTable[];
  readonly logs: LogMetrics;
}
