import { defineConfig } from 'vitest/config';
import { SEED } from './test/set-up/lane.ts';
import { LIMITS } from './test/set-up/limits.ts';

/**
 * The gate with programs that are not part of this project: `npm run test:gate`. Not part of `npm test`, because they are
 * downloaded and need other packages than Node.js.
 */
export default defineConfig({
  test: {
    include: ['test/gate/keycloak/**/*.test.ts', 'test/gate/proxies/**/*.test.ts'],
    ...LIMITS,
    provide: { seed: SEED },
    // Servers side by side would only make each other slow.
    fileParallelism: false,
    sequence: { shuffle: { files: true, tests: true }, seed: SEED },
  },
});
