import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;

/** The console speaks English: what react-aria says to screen readers in thirty other languages is not sent to anybody. */
const inEnglishOnly: Plugin = {
  name: 'in-english-only',
  enforce: 'pre',
  load: {
    filter: { id: /[\\/]react-(aria|stately|aria-components)[\\/].*[\\/](?!en-US)[a-z]{2}-[A-Z]{2}\.m?js$/ },
    handler: () => 'export default {};',
  },
};

/** One page, whose scripts and styles are files of their own: the policy allows nothing inline. */
export default defineConfig({
  root: here,
  plugins: [inEnglishOnly, react()],
  build: {
    outDir: path.join(here, '..', '.build', 'console'),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
});
