import { defineConfig } from 'vitest/config';

/** Runs against each mutation of core/: the fast tests of core only, in a fixed order. */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    setupFiles: ['test/core/fixed-seed.ts'],
  },
});
