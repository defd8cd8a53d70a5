import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Order of test files for mutation testing, which stops at the first failure: first those of the mutated file, then those of its folder.
 * `functions/verification/judge.ts` is most likely to be caught by `test/verification/judge.test.ts`.
 */
export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [mutated = ''] = this.ctx.config.related ?? [];
    const { dir, name } = path.parse(mutated);
    const distance = ({ moduleId }: TestSpecification) => {
      const isNear = path.basename(path.dirname(moduleId)) === path.basename(dir);
      return isNear && path.basename(moduleId) === `${name}.test.ts` ? 0 : isNear ? 1 : 2;
    };
    return (await super.sort(files)).toSorted((a, b) => distance(a) - distance(b));
  }
}
