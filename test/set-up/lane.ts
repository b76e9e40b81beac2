import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { LIMITS } from './limits.ts';
import { LongestFirst } from './longest-first.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Number of random schedules of the simulation. */
    schedules: number;
    /** Number of random values that a property is tested with, unless it has a number of its own. */
    propertyRuns: number;
    /** Seed of everything that is random in a run: schedules, properties, and the order of files and tests. */
    seed: number;
  }
}

export interface Lane {
  readonly schedules: number;
  readonly propertyRuns: number;
  /** Whether it runs the files named `*.slow.test.ts`. */
  readonly slowFiles: boolean;
}

/** These suites need more than Node.js and have their own configurations. */
const OTHERS = [
  'test/attack/**',
  'test/e2e/**',
  'test/faults/**',
  'test/gate/keycloak/**',
  'test/gate/proxies/**',
  'test/aws/**',
  'test/clients/e2e/**',
  'test/adapters/local/containers/engine/**',
];

const SLOW = 'test/**/*.slow.test.ts';

/** Files that start many processes or change state that all modules of a process share. */
const ISOLATED = [
  'test/flows/**/*.test.ts',
  'test/adapters/local/processes/*.slow.test.ts',
  'test/functions/wiring/environment-credentials.test.ts',
  'test/tools/deploy/deploy.slow.test.ts',
  'test/tools/image/push-image.slow.test.ts',
];

/**
 * A run on a developer's computer draws a seed, so that many runs test much. A run of CI judges a commit, so it sets
 * TEST_SEED and has the same result for the same commit. Vitest prints the seed.
 */
export const SEED = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));

/**
 * The compile cache of Node.js, and that of vitest. Without them every process that a test starts compiles all sources and
 * packages, and every run transforms all files again.
 */
const COMPILED = join(import.meta.dirname, '../../.workbench-compiled');

/**
 * The tests that need only Node.js. Most files share one process per core, which loads every module once, because
 * loading takes longer than most of the tests. The other files get a process each.
 */
export function lane({ schedules, propertyRuns, slowFiles }: Lane): ReturnType<typeof defineConfig> {
  const left = slowFiles ? [] : [SLOW];
  const project = (name: string, test: TestProjectInlineConfiguration['test']) => ({
    extends: true as const,
    test: { name, ...test },
  });
  return defineConfig({
    test: {
      ...LIMITS,
      teardownTimeout: LIMITS.hookTimeout,
      globalSetup: 'test/set-up/run-folder.ts',
      env: { NODE_COMPILE_CACHE: COMPILED },
      fsModuleCache: true,
      fsModuleCachePath: join(COMPILED, 'vitest'),
      provide: { schedules, propertyRuns, seed: SEED },
      setupFiles: 'test/set-up/seed.ts',
      // Tests spend much time waiting for processes, so each core gets a worker.
      maxWorkers: '100%',
      sequence: { shuffle: { files: true, tests: true }, seed: SEED, sequencer: LongestFirst },
      projects: [
        project('shared', {
          include: ['test/**/*.test.ts'],
          exclude: [...OTHERS, ...ISOLATED, ...left],
          isolate: false,
        }),
        project('isolated', { include: ISOLATED, exclude: left }),
      ],
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
}
