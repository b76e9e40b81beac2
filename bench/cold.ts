/**
 * `npm run bench:cold`: what each bundled function takes to load, and the client of DynamoDB alone, written to
 * bench/results. Ends with 1 when the function that is polled takes more than 1.5 times as long as the client. With
 * `--quick` it only looks at these two, and writes nothing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POLL_FUNCTION } from '#tools/bundles/check-bundles.ts';
import { BUNDLES, bundleFile, bundleFunctions } from '../tools/bundle.ts';
import { measureLoadTimes } from './cold/load-time.ts';
import { coldPage, coldTable, describeSlowLoad } from './cold/report.ts';
import { describeMachine } from './machine.ts';

const BASELINE = 'client-dynamodb';
/** Fresh processes for each. */
const ROUNDS = 20;

const quick = process.argv.includes('--quick');
const folder = join(BUNDLES, '../cold');
const functions = await bundleFunctions(folder);
const alone = await bundleFile(join(import.meta.dirname, 'cold/client-alone.ts'), join(folder, BASELINE));
const measuredFunctions = functions.filter(({ name }) => !quick || name === POLL_FUNCTION);

const bundles = [{ ...alone, name: BASELINE }, ...measuredFunctions];
const results = {
  machine: describeMachine(),
  rounds: ROUNDS,
  baseline: BASELINE,
  polled: POLL_FUNCTION,
  times: measureLoadTimes(
    new Map(bundles.map(({ name, folder: at }) => [name, join(at, 'index.js')])),
    ROUNDS,
  ),
  bytes: new Map(bundles.map(({ name, bytes }) => [name, bytes])),
};
console.log(coldTable(results));
if (!quick) await writeFile(join(import.meta.dirname, 'results/cold.md'), coldPage(results));

const fault = describeSlowLoad(results);
if (fault !== undefined) {
  console.error(fault);
  process.exitCode = 1;
}
