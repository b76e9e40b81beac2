import { defineConfig } from 'vitest/config';
import { SEED } from './test/set-up/lane.ts';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * Servers as processes, and faults of the system below them: `npm run test:faults`. Not part of `npm test`, because the
 * faults need Linux, some of them root, and minutes.
 */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    ...LIMITS,
    provide: { seed: SEED },
    sequence: { shuffle: { files: true, tests: true }, seed: SEED },
  },
});
