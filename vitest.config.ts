import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/synthesize-once.ts'],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    // One more than cores: many tests wait for what they have broken to be given up.
    maxWorkers: 3,
    sequence: { shuffle: true },
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
