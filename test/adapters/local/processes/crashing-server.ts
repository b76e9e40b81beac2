/**
 * A server that runs one task and ends itself by SIGKILL at a moment of the task's life:
 * `node crashing-server.ts <dataDir> <before|after> <n>`, around the n-th write of the task's record.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessRecord, processRecordSchema } from '#adapters/local/processes/process-record.ts';
import { ProcessTaskRunner } from '#adapters/local/processes/process-task-runner.ts';
import { RecordFolder } from '#adapters/local/state-files.ts';
import { HTTP_SERVER_SCRIPT, nodeCommand } from './process-bench.ts';

const [dataDir = '', when, count] = process.argv.slice(2);
const folder = new RecordFolder<ProcessRecord>({
  path: join(dataDir, 'tasks'),
  parse: (value) => processRecordSchema.parse(value),
  idOf: (record) => record.taskId,
});
let writes = 0;

const tasks = await ProcessTaskRunner.open({
  dataDir,
  // Stubborn, so that a stop is still under way when the server dies in it.
  command: nodeCommand(
    `process.on('SIGTERM', () => {}); require('fs').writeFileSync('began', ''); ${HTTP_SERVER_SCRIPT}`,
  ),
  baseUrl: () => 'http://127.0.0.1:9000/project/wb1/',
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
const path = join(dataDir, 'volumes', 'wb1');
await mkdir(path, { recursive: true });
await tasks.run(
  {
    userId: 'alice',
    workbenchId: 'wb1',
    runId: 'run1',
    attempt: 1,
    name: 'mine',
    cpuUnits: 1024,
    memoryMib: 2048,
    gpuCount: 0,
    placement: { kind: 'provider', provider: 'local' },
    mount: { path },
  },
  't',
);
setInterval(() => {}, 1000);
