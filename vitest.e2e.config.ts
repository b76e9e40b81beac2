import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // Needs a container engine: see vitest.containers.config.ts.
    exclude: ['test/e2e/containers.test.ts'],
    // Each test waits for conditions with bounds of its own; this ends only what is stuck.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // Servers and browsers side by side would only make each other slow.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true } },
  },
});
