/**
 * `npm run mutation`: plants one change at a time in core/ and checks whether a test in test/core finds it.
 * Exit code 1 if the score is below the minimum or the list of equivalents is outdated.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { describeEnvironment } from '../bench/environment.ts';
import { EQUIVALENTS } from './mutation/equivalents.ts';
import { markEquivalents, scoreOf, toMutation } from './mutation/mutation.ts';
import { formatMutationPage, formatScoreTable } from './mutation/page.ts';

const HELP = `npm run mutation -- [options]

Plants one change at a time in core/ and checks whether a test in test/core finds it. Takes more than an hour.

  --mutate GLOBS    only these files, comma-separated: core/workbench/lifecycle/deadlines.ts (default core/**/*.ts)
  --concurrency N   number of concurrent test runs (default 2)
  --incremental     skips mutations whose source and tests have not changed since the last incremental run
  --out FILE        writes the results page to FILE (default bench/results/mutation.md; with --mutate no file)
  --help            prints this text
`;

const ROOT = resolve(import.meta.dirname, '..');
/** The minimum score, 0 to 1. */
const SCORE_MIN = 0.85;
/** Stryker does not copy these to its sandbox. */
const IGNORED_PATTERNS = [
  '.workbench*',
  'coverage',
  'cdk.out',
  'docs',
  'image',
  'local',
  'reports',
  'test/attack',
  'test/e2e',
  'test/faults',
];

const { values } = parseArgs({
  options: {
    mutate: { type: 'string' },
    concurrency: { type: 'string', default: '2' },
    incremental: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await mutate();

async function mutate(): Promise<void> {
  const startedAt = performance.now();
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64)
    throw new Error(`--concurrency: expected a whole number from 1 to 64, not ${values.concurrency}`);
  process.chdir(ROOT);
  const results = await new Stryker({
    mutate: values.mutate?.split(',') ?? ['core/**/*.ts'],
    concurrency,
    incremental: values.incremental,
    incrementalFile: 'reports/mutation.json',
    ignorePatterns: IGNORED_PATTERNS,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutation.config.ts' },
    coverageAnalysis: 'perTest',
    // A mutation can make a test wait in vain. The test then simulates hours, which takes seconds.
    timeoutMS: 10_000,
    // Stryker rewrites tsconfig.json with a compiler API that TypeScript 7 does not have. The tests do not need the file.
    tsconfigFile: 'none',
    reporters: ['progress-append-only'],
    allowConsoleColors: false,
  }).runMutationTest();

  const sources = new Map<string, string>();
  for (const { fileName } of results)
    if (!sources.has(fileName)) sources.set(fileName, await readFile(fileName, 'utf8'));
  const planted = results.map((result) =>
    toMutation(result, relative(ROOT, result.fileName), sources.get(result.fileName) ?? ''),
  );
  const { mutations, outdated } = markEquivalents(planted, EQUIVALENTS);
  const versions = `Stryker ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}`;
  const seconds = (performance.now() - startedAt) / 1000;
  const out =
    values.out ?? (values.mutate === undefined ? join(ROOT, 'bench/results/mutation.md') : undefined);
  const page = formatMutationPage(
    { machine: describeEnvironment(), versions, seconds, mutations },
    EQUIVALENTS,
  );
  if (out !== undefined) {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, page);
  }
  console.log(out === undefined ? page : formatScoreTable(mutations));
  for (const change of outdated)
    console.error(`equivalents.ts: the entry is outdated, remove or correct it: ${change}`);
  if (outdated.length > 0 || scoreOf(mutations) < SCORE_MIN) process.exitCode = 1;
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}
