import { defineConfig } from 'vitest/config';
import { LIMITS } from './test/set-up/limits.ts';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // Needs a container engine: see vitest.containers.config.ts.
    exclude: ['test/e2e/containers.test.ts'],
    ...LIMITS,
    // Servers and browsers side by side would only make each other slow.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true } },
  },
});
