import { afterAll, beforeAll, describe } from 'vitest';
import { describeAuditLog } from './audit-log-contract.ts';
import { describeCleanUp } from './clean-up-contract.ts';
import { describeDigestRepository } from './digest-repository-contract.ts';
import { describeHygieneRepository } from './hygiene-repository-contract.ts';
import { describeNoticeRepository } from './notice-repository-contract.ts';
import { describePersonRepository } from './person-repository-contract.ts';
import { onTheDouble, onTheEngine, type Repositories } from './repository-backends.ts';
import { describeStackChanges } from './stack-changes-contract.ts';
import { describeStackRepository } from './stack-repository-contract.ts';
import { describeTokenRepository } from './token-repository-contract.ts';
import { describeUsageRepository } from './usage-repository-contract.ts';

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
  describeStackChanges(() => repositories);
  describePersonRepository(() => repositories);
  describeAuditLog(() => repositories);
  describeCleanUp(() => repositories);
  describeNoticeRepository(() => repositories);
  describeDigestRepository(() => repositories);
  describeHygieneRepository(() => repositories);
  describeUsageRepository(() => repositories);
});
