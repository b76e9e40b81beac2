import { defineConfig } from 'vitest/config';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * What runs on emulators of AWS: `npm run test:aws`, which installs them first. Not part of `npm test`, which
 * needs Node.js alone.
 */
export default defineConfig({
  test: {
    include: ['test/aws/**/*.test.ts'],
    globalSetup: 'test/aws/global-setup.ts',
    ...LIMITS,
    // Much of the time is spent waiting for the emulators: one worker for each core, not one less.
    maxWorkers: '100%',
    sequence: { shuffle: { files: true, tests: true } },
  },
});
