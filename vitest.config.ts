import { defineConfig } from 'vitest/config';
import { LawsFirst } from './test/support/laws-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    // One more than cores: many tests wait for what they have broken to be given up.
    maxWorkers: 3,
    // What one file has loaded and warmed up, the next one of that worker has. No test may leave anything behind.
    isolate: false,
    sequence: { shuffle: { tests: true }, sequencer: LawsFirst },
    // On a busy machine what is waited for comes later than in the second that is the default.
    expect: { requireAssertions: true, poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    // The first hook that starts the system waits for the synthesis.
    hookTimeout: 120_000,
  },
});
