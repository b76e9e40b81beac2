/**
 * `npm run mutation`: plants changes in core/ one at a time and sees whether a test in test/core finds each.
 * Ends with 1 when the score is below the threshold or the list of equivalents is not true any more.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { describeMachine } from '../bench/machine.ts';
import { EQUIVALENTS } from './mutation/equivalents.ts';
import { markEquivalents, scoreOf, toMutation } from './mutation/mutation.ts';
import { mutationPage, scoreTable } from './mutation/page.ts';

const HELP = `npm run mutation -- [options]

Plants changes in core/ one at a time; a test in test/core must find each. Takes an hour and more.

  --mutate GLOBS    only these files, comma-separated: core/workbench/lifecycle/deadlines.ts (default core/**/*.ts)
  --concurrency N   how many at a time (default 2)
  --incremental     leaves out what neither its source nor its tests have changed since the last such run
  --out FILE        where the score and the survivors go (default bench/results/mutation.md, with --mutate nowhere)
  --help
`;

const ROOT = resolve(import.meta.dirname, '..');
/** The least score, as a share. */
const SCORE_MIN = 0.85;
/** What the sandbox needs no copy of. */
const IGNORED_PATTERNS = [
  '.workbench*',
  'coverage',
  'cdk.out',
  'docs',
  'image',
  'local',
  'reports',
  'test/e2e',
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
  const began = performance.now();
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
    // A test that waits for what never comes goes through hours of its own time, which takes seconds.
    timeoutMS: 10_000,
    // It would be rewritten by way of a part of TypeScript that TypeScript 7 has not; nothing here needs it.
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
  const { mutations, untrue } = markEquivalents(planted, EQUIVALENTS);
  const versions = `Stryker ${versionOf('@stryker-mutator/core')}, vitest ${versionOf('vitest')}`;
  const seconds = (performance.now() - began) / 1000;
  const out =
    values.out ?? (values.mutate === undefined ? join(ROOT, 'bench/results/mutation.md') : undefined);
  const page = mutationPage({ machine: describeMachine(), versions, seconds, mutations }, EQUIVALENTS);
  if (out !== undefined) {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, page);
  }
  console.log(out === undefined ? page : scoreTable(mutations));
  for (const change of untrue) console.error(`listed as equivalent, and it is not so any more: ${change}`);
  if (untrue.length > 0 || scoreOf(mutations) < SCORE_MIN) process.exitCode = 1;
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return version;
}
