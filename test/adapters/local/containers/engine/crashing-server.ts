/**
 * A server that runs one task and ends itself by SIGKILL at a moment of the task's life:
 * `node crashing-server.ts <dataDir> <run> <before|after> <n>`, around the n-th write of the task's record.
 */

import { containerRecords } from '#adapters/local/containers/container-record.ts';
import { ContainerTaskRunner } from '#adapters/local/containers/container-task-runner.ts';
import { ContainerBench } from './container-bench.ts';

const [dataDir = '', run = '', when, count] = process.argv.slice(2);
const bench = ContainerBench.at(dataDir, run);
const folder = containerRecords(dataDir);
let writes = 0;

const options = await bench.options({
  onChange: (task) => {
    if (task.status === 'running') void tasks.stop(task.taskId, 'enough');
  },
  records: {
    open: () => folder.open(),
    remove: (id) => folder.remove(id),
    async save(record) {
      writes += 1;
      if (when === 'before' && writes === Number(count)) process.kill(process.pid, 'SIGKILL');
      await folder.save(record);
      if (when === 'after' && writes === Number(count)) process.kill(process.pid, 'SIGKILL');
    },
  },
});
const tasks = await ContainerTaskRunner.open(options);
tasks.resume();
await tasks.run(await bench.input(), 't');
setInterval(() => {}, 1000);
