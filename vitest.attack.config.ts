import { defineConfig } from 'vitest/config';
import { SEED } from './test/set-up/lane.ts';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * Attacks on servers that run as processes of their own: `npm run test:attack`. Not part of `npm test`, because they
 * take minutes, and one of them needs Python.
 */
export default defineConfig({
  test: {
    include: ['test/attack/**/*.test.ts'],
    globalSetup: 'test/set-up/run-folder.ts',
    ...LIMITS,
    provide: { seed: SEED, propertyRuns: 100 },
    setupFiles: 'test/set-up/seed.ts',
    sequence: { shuffle: { files: true, tests: true }, seed: SEED },
  },
});
