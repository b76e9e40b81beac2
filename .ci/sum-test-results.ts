/**
 * Prints the results in the given files of vitest's JSON reporter: the failed tests with their errors, then the sum
 * `N passed, N failed`, and the number of skipped tests if there are any. Exits with 1 if a test failed or none passed.
 */
import { readFileSync } from 'node:fs';
import { formatFailures, formatSum, type RunnerReport, sumReports } from './test-results.ts';

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as RunnerReport);
const failures = formatFailures(reports);
if (failures !== '') console.log(`${failures}\n`);
const sum = sumReports(reports);
console.log(formatSum(sum));
if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1;
