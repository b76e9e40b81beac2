/** Prints the paths of the files with failed tests in a file of vitest's JSON reporter, one per line. */
import { readFileSync } from 'node:fs';
import { listFailedFiles, type RunnerReport } from './test-results.ts';

const [file = ''] = process.argv.slice(2);
for (const path of listFailedFiles(JSON.parse(readFileSync(file, 'utf8')) as RunnerReport)) console.log(path);
