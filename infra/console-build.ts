import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the built console is: `index.html` and what it loads. */
export const consoleDirectory = path.join(root, '.build', 'console');

/** Builds the console by its own `vite.config.ts`. */
export async function buildConsole(): Promise<void> {
  // Whoever synthesizes in a test must not get React's development build.
  process.env.NODE_ENV = 'production';
  await build({ configFile: path.join(root, 'console', 'vite.config.ts'), logLevel: 'error' });
}
