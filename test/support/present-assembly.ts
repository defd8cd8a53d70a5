import path from 'node:path';
import { synthesizeIfChanged } from '../../local/template/synthesize.ts';

let assembly: Promise<string> | undefined;

/**
 * The cloud assembly of the present sources: the template and the bundles. The first test file that needs it has it made, and other
 * workers wait for that. Tests of the core never ask, so a mistake in one function does not stop them.
 * @returns its directory
 */
export function presentAssembly(): Promise<string> {
  assembly ??= synthesizeIfChanged(path.resolve(import.meta.dirname, '../..'));
  return assembly;
}
