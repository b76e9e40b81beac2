import { defineConfig } from 'vitest/config';

/** The tests that mutations of core/ are held against: fast, of the core alone, and the same each time. */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    setupFiles: ['test/core/fixed-seed.ts'],
  },
});
