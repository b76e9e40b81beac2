/**
 * A server that runs one task and ends itself by SIGKILL before or after the n-th write of the task's record:
 * `node crashing-server.ts <dataDir> <before|after> <n> [no-cgroup]`
 */
import { processRecords } from '#adapters/local/processes/process-record.ts';
import { killingRecords } from '../tasks/killing-records.ts';
import { HTTP_SERVER_SCRIPT, nodeCommand, ProcessBench } from './process-bench.ts';

const [dataDir = '', when, n, noCgroup] = process.argv.slice(2);
const bench = ProcessBench.at(dataDir);

// A daemon that has nothing of its run but the cgroup and the working directory.
const daemon = `require('child_process').spawn('/bin/sh', ['-c', 'setsid env -i sleep 300 & echo $! > daemon']);`;

const tasks = await bench.open({
  // The program ignores SIGTERM, so that the stop is still in progress when the server is killed.
  command: nodeCommand(
    `process.on('SIGTERM', () => {}); require('fs').writeFileSync('began', ''); ${daemon} ${HTTP_SERVER_SCRIPT}`,
  ),
  ...(noCgroup === undefined ? {} : { cgroup: Promise.resolve(undefined) }),
  graceMs: 10_000,
  onChange: (task) => {
    if (task.status === 'running') void tasks.stop(task.taskId, 'enough');
  },
  records: killingRecords(processRecords(dataDir), when, Number(n)),
});
await tasks.run(await bench.input({ workbenchId: 'wb1', runId: 'run1' }), 't');
setInterval(() => {}, 1000);
