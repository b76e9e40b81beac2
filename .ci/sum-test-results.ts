/**
 * Prints the plain sum of what vitest's JSON reporter has written into the files that are named:
 * `N passed, N failed`, and how many were skipped when some were. Ends with 1 when something failed or nothing
 * was tested.
 */
import { readFileSync } from 'node:fs';
import { formatSum, type RunnerReport, sumReports } from './test-results.ts';

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as RunnerReport);
const sum = sumReports(reports);
console.log(formatSum(sum));
if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1;
