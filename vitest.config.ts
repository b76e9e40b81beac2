import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/aws/**', 'test/adapters/local/containers/engine/**'],
    testTimeout: 20_000,
    // Half of the time is spent waiting for processes: one worker for each core, not one less.
    maxWorkers: '100%',
    sequence: { shuffle: { files: true, tests: true } },
    coverage: {
      provider: 'v8',
      include: ['{core,adapters,functions,local}/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'lcovonly'],
      thresholds: {
        'core/**': { branches: 95, functions: 95, lines: 95, statements: 95 },
      },
    },
  },
});
