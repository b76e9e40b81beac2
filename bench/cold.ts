/**
 * `npm run bench:cold`: measures the load time of each bundled function and of the DynamoDB client alone, and writes it
 * to bench/results. Exits with 1 if the polled function takes more than 1.5 times as long as the client. With `--quick`
 * it measures only these two and writes nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POLL_FUNCTION } from '#tools/bundles/check-bundles.ts';
import { BUNDLES, bundleFile, bundleFunctions } from '../tools/bundle.ts';
import { measureLoadTimes } from './cold/load-time.ts';
import { coldPage, coldTable, describeSlowLoad } from './cold/report.ts';
import { describeEnvironment } from './environment.ts';

const BASELINE = 'client-dynamodb';
/** New processes for each module. */
const ROUNDS = 20;

const quick = process.argv.includes('--quick');
const folder = join(BUNDLES, '../cold');
const functions = await bundleFunctions(folder);
const clientBundle = await bundleFile(
  join(import.meta.dirname, 'cold/client-alone.ts'),
  join(folder, BASELINE),
);
const measuredFunctions = functions.filter(({ name }) => !quick || name === POLL_FUNCTION);

const bundles = [{ ...clientBundle, name: BASELINE }, ...measuredFunctions];
const results = {
  environment: describeEnvironment(),
  rounds: ROUNDS,
  baseline: BASELINE,
  polled: POLL_FUNCTION,
  times: measureLoadTimes(
    new Map(bundles.map(({ name, folder: bundleFolder }) => [name, join(bundleFolder, 'index.js')])),
    ROUNDS,
  ),
  bytes: new Map(bundles.map(({ name, bytes }) => [name, bytes])),
};
console.log(coldTable(results));
if (!quick) await writeFile(join(import.meta.dirname, 'results/cold.md'), coldPage(results));

const problem = describeSlowLoad(results);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}
