/**
 * Takes the JSON reports of a first run and of a second run of its failed files, which has passed. Prints the tests that
 * failed at first as FLAKY, each with its error, and writes the results of the second run into the first report.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { formatFailures, type RunnerReport, replaceResults } from './test-results.ts';

const [firstFile = '', secondFile = ''] = process.argv.slice(2);
const [first, second] = [firstFile, secondFile].map(
  (file) => JSON.parse(readFileSync(file, 'utf8')) as RunnerReport,
) as [RunnerReport, RunnerReport];
console.log(formatFailures([first], 'FLAKY'));
writeFileSync(firstFile, JSON.stringify(replaceResults(first, second)));
