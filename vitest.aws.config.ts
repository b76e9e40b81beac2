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
    // All files use one account of the emulators: the sweeps of one file would delete the tasks of another as orphans.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true } },
  },
});
