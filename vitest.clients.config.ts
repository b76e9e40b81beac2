import { defineConfig } from 'vitest/config';
import { SEED } from './test/set-up/lane.ts';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * The packages of the clients as their users install them: `npm run test:clients`. Not part of `npm test`, because what builds
 * them is installed apart.
 */
export default defineConfig({
  test: {
    include: ['test/clients/e2e/**/*.test.ts'],
    globalSetup: 'test/set-up/run-folder.ts',
    ...LIMITS,
    provide: { seed: SEED, propertyRuns: 100 },
    setupFiles: 'test/set-up/seed.ts',
    sequence: { shuffle: { files: true, tests: true }, seed: SEED },
  },
});
