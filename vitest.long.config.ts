import { defineConfig } from 'vitest/config';

/** What `npm run test:long` runs, a file at a time. */
// biome-ignore lint/style/noDefaultExport: vitest takes the configuration from there
export default defineConfig({
  test: {
    include: [
      'test/**/*.long.ts',
      'test/laws/*.races.test.ts',
      'test/laws/12-twice-late-out-of-order.test.ts',
      'test/http/generated-*.test.ts',
    ],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 1,
    expect: { requireAssertions: true },
    hookTimeout: 120_000,
  },
});
