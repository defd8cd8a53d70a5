import { TestRunner } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** How many schedules, or generated inputs, the test drew. */
    drawn?: number;
  }
}

/** Notes how many schedules or inputs the running test drew. `npm run test:long` adds them up. */
export function noteDrawn(count: number): void {
  const test = TestRunner.getCurrentTest();
  if (test) test.meta.drawn = (test.meta.drawn ?? 0) + count;
}
