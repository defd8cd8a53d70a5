import { fileURLToPath } from 'node:url';
import { synthesizeIfChanged } from '../../local/template/synthesize.ts';

/** Before any test: the template and the bundles that the tests run are those of the present sources. */
export default async function setup(): Promise<void> {
  await synthesizeIfChanged(fileURLToPath(new URL('../..', import.meta.url)), () => {});
}
