import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By chance, from the run's seed, but the laws first: they take longest, and at the end everybody would wait for one of them. */
export class LawsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    const place = ({ moduleId }: TestSpecification) =>
      (moduleId.includes('/test/laws/') ? '0' : '1') + createHash('sha256').update(`${seed} ${moduleId}`).digest('hex');
    return files.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  }
}
