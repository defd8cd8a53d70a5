import { defineConfig } from 'vitest/config';

/** What takes too long for every run: `npm run test:long`. */
// biome-ignore lint/style/noDefaultExport: vitest takes the configuration from there
export default defineConfig({
  test: {
    include: [
      'test/**/*.long.ts',
      'test/laws/*.races.test.ts',
      'test/laws/12-twice-late-out-of-order.test.ts',
      'test/http/generated-*.test.ts',
    ],
    globalSetup: ['test/support/synthesize-once.ts'],
    pool: 'forks',
    maxWorkers: 1,
    expect: { requireAssertions: true },
    hookTimeout: 120_000,
  },
});
