import { defineConfig } from 'vitest/config';

/**
 * What runs on emulators of AWS: `npm run test:aws`, which installs them first. Not part of `npm test`, which
 * needs Node.js alone.
 */
export default defineConfig({
  test: {
    include: ['test/aws/**/*.test.ts'],
    globalSetup: 'test/aws/global-setup.ts',
    // Each test waits for conditions with bounds of its own; this ends only what is stuck.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of the time is spent waiting for the emulators: one worker for each core, not one less.
    maxWorkers: '100%',
    sequence: { shuffle: { files: true, tests: true } },
  },
});
