import { defineConfig } from 'vitest/config';
import { keptWorker } from './test/support/kept-worker.ts';
import { NearestFirst } from './test/support/nearest-first.ts';

/** What shows the core in this process, and quickly: `npm run test:mutation` runs it for each mutant until the first failure. */
// biome-ignore lint/style/noDefaultExport: vitest takes the configuration from there
export default defineConfig({
  plugins: [keptWorker()],
  test: {
    include: ['test/{values,hygiene,tokens,verification,sessions,notices}/*.test.ts'],
    setupFiles: ['test/support/fresh-modules.ts', 'test/support/seed.ts'],
    // Modules are loaded once for each mutant, and not once for each file of tests.
    isolate: false,
    sequence: { sequencer: NearestFirst },
    expect: { requireAssertions: true },
    testTimeout: 20_000,
  },
});
