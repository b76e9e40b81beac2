/**
 * A server that runs one task and ends itself by SIGKILL before or after the n-th write of the task's record:
 * `node crashing-server.ts <dataDir> <run> <before|after> <n>`
 */
import { containerRecords } from '#adapters/local/containers/container-record.ts';
import { killingRecords } from '../../tasks/killing-records.ts';
import { ContainerBench } from './container-bench.ts';

const [dataDir = '', run = '', when, n] = process.argv.slice(2);
const bench = ContainerBench.at(dataDir, run);

const tasks = await bench.open({
  onChange: (task) => {
    if (task.status === 'running') void tasks.stop(task.taskId, 'enough');
  },
  records: killingRecords(containerRecords(dataDir), when, Number(n)),
});
await tasks.run(await bench.input(), 't');
setInterval(() => {}, 1000);
