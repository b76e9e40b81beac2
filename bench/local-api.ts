/**
 * `npm run bench`: measures throughput and latency of the local server, and writes them to bench/results. With
 * `--quick`
 * it runs shorter and writes nothing. Exits with 1 if a request failed or a workbench was lost or duplicated.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callApi, waitUntilAllStopped } from './api-client.ts';
import { measureBurst, runRecordingCommand } from './burst.ts';
import { describeEnvironment } from './environment.ts';
import { type LoadResult, measureLoad } from './load.ts';
import { burstTable, page, type Results, table } from './report.ts';
import { withServer } from './server-process.ts';

const quick = process.argv.includes('--quick');
const seconds = quick ? 2 : 8;
/** Fills one page of a list. */
const STORED = 100;
const CREATES = quick ? 100 : 500;
const JSON_HEADERS = { 'content-type': 'application/json' };

console.error('Measuring polls and lists …');
const reads = await withServer(
  () => ({ WB_BOOT_COMMAND: 'exit 0' }),
  async ({ url }): Promise<readonly LoadResult[]> => {
    for (let index = 0; index < STORED; index += 1) {
      await callApi('POST', `${url}/workbenches?user_id=bench`, { workbench_name: `stored ${index}` });
    }
    const stored = await waitUntilAllStopped(url, 'bench', 120_000);
    const polls = stored.map(({ workbench_id }) => ({
      path: `/workbenches/${workbench_id}?user_id=bench`,
    }));
    const list = { path: '/workbenches?user_id=bench' };
    return [
      await measureLoad(url, { name: 'poll', requests: polls }, seconds),
      await measureLoad(url, { name: `list of ${STORED}`, requests: [list] }, seconds),
    ];
  },
);

console.error('Measuring creates …');
const creates = await withServer(
  () => ({ WB_BOOT_COMMAND: 'exit 0' }),
  async ({ url }) => {
    const body = JSON.stringify({ workbench_name: 'created' });
    const create = { method: 'POST', path: '/workbenches?user_id=bench', headers: JSON_HEADERS, body };
    return await measureLoad(url, { name: 'create', requests: [create] }, seconds);
  },
);

console.error(`Creating ${CREATES} at once, and waiting until each has run …`);
const burstResult = await withServer(
  (folder) => ({ WB_BOOT_COMMAND: runRecordingCommand(folder) }),
  (server) => measureBurst(server, CREATES),
);

const results: Results = {
  environment: describeEnvironment(),
  seconds,
  loads: [...reads, creates],
  burst: burstResult,
};
console.log(`${table(results)}\n\n${burstTable(results)}`);

if (!quick) {
  const folder = join(import.meta.dirname, 'results');
  await writeFile(join(folder, 'local-api.md'), page(results));
  await writeFile(join(folder, 'local-api.json'), `${JSON.stringify(results, null, 2)}\n`);
}
const { refused, lost, duplicated, neverRun } = burstResult;
const failed = results.loads.reduce((sum, load) => sum + load.failed, 0);
if (failed + refused + lost + duplicated + neverRun > 0) {
  console.error('Requests failed, or workbenches were lost, duplicated or never ran.');
  process.exitCode = 1;
}
// Idle keep-alive connections would keep the process running.
process.exit();
