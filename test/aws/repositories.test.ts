import { afterAll, beforeAll, describe } from 'vitest';
import { onTheDouble, onTheEngine, type Repositories } from './repository-backends.ts';
import { describeStackRepository } from './stack-repository-contract.ts';
import { describeTokenRepository } from './token-repository-contract.ts';

/** One suite for both, so that what is proven on the double holds where the product runs. */
describe.each([
  ['the double', onTheDouble],
  ["the engine, with the functions' own rights", onTheEngine],
])('the repositories on %s', (_, start) => {
  let repositories: Repositories;
  beforeAll(async () => {
    repositories = await start();
  });
  afterAll(() => repositories.close());

  describeTokenRepository(() => repositories);
  describeStackRepository(() => repositories);
});
