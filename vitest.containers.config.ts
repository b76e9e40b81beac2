import { defineConfig } from 'vitest/config';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * What needs a container engine and the example image (`npm run image:build`). Not part of `npm test`, which
 * needs Node.js alone.
 */
export default defineConfig({
  test: {
    include: ['test/adapters/local/containers/engine/*.test.ts', 'test/e2e/containers.test.ts'],
    ...LIMITS,
    // One engine for all.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true } },
  },
});
