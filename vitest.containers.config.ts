import { defineConfig } from 'vitest/config';

/**
 * What needs a container engine and the example image (`npm run image:build`). Not part of `npm test`, which
 * needs Node.js alone.
 */
export default defineConfig({
  test: {
    include: ['test/adapters/local/containers/engine/*.test.ts', 'test/e2e/containers.test.ts'],
    // Each test waits for conditions with bounds of its own; this ends only what is stuck.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // One engine for all.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true } },
  },
});
