import { defineConfig } from 'vite';

/** `npm run console:build` (tools/console-build.ts). The server serves the result at `/` and below `/console/`. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  logLevel: 'warn',
  build: {
    // Names contain a hash of the content, so that browsers keep these files for a year.
    assetsDir: 'console',
    // A data: URL would need an exception of the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    emptyOutDir: true,
  },
});
