import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeTask, runUntilKilled, startTask } from '../tasks/task-bench.ts';
import { findProcessesWith, ProcessBench } from './process-bench.ts';

const CRASHING_SERVER = fileURLToPath(new URL('crashing-server.ts', import.meta.url));

/** The write of the record at which the server is killed, and whether the program has begun by then. */
const CRASHES = [
  { name: 'after it accepted the task', when: 'after', write: 1, began: false },
  { name: 'after the task got its slot', when: 'after', write: 2, began: false },
  { name: 'between the start of the process and its record', when: 'before', write: 3, began: false },
  { name: 'after it recorded the process, which waits at the gate', when: 'after', write: 3, began: false },
  { name: 'after the task runs', when: 'after', write: 4, began: true },
  { name: 'during a stop', when: 'after', write: 5, began: true },
];

describe.runIf(process.platform === 'linux')('a server killed by SIGKILL', () => {
  let bench: ProcessBench;
  beforeEach(async () => {
    bench = await ProcessBench.make();
  });
  afterEach(() => bench.end());

  it.each([
    ['a cgroup where the user may create one', []],
    ['no cgroup', ['no-cgroup']],
  ])('leaves no daemon to the next server if a run has %s', async (_, more) => {
    await runUntilKilled(CRASHING_SERVER, bench.dataDir, 'after', '4', ...more);
    const read = () => readFile(join(bench.dataDir, 'volumes', 'wb1', 'daemon'), 'utf8').catch(() => '');
    await eventually(waitRealStep, 'the daemon', async () => (await read()).endsWith('\n'));
    const pid = Number(await read());
    const name = () => readFile(`/proc/${pid}/comm`, 'utf8');
    await eventually(waitRealStep, 'its sleep', async () => (await name()) === 'sleep\n');
    await bench.open({ graceMs: 200 });
    const left = await linuxProcesses.read(pid);
    expect(left === undefined || left.zombie).toBe(true);
  });

  for (const { name, when, write, began } of CRASHES) {
    it(`leaves no process to the next server when it is killed ${name}`, async () => {
      await runUntilKilled(CRASHING_SERVER, bench.dataDir, when, String(write));
      const installation = (await readFile(join(bench.dataDir, 'installation'), 'utf8')).trim();
      const mark = `WB_INSTALLATION=${installation}`;
      if (began) expect(await findProcessesWith(mark)).not.toEqual([]);
      // A process at the gate ends by itself, before the next server opens.
      else
        await eventually(waitRealStep, 'the gate', async () => (await findProcessesWith(mark)).length === 0);

      const tasks = await bench.open({ graceMs: 200 });
      expect(await findProcessesWith(mark)).toEqual([]);
      const taskId = await startTask(tasks, await bench.input({ workbenchId: 'wb1', runId: 'run1' }), 't');
      expect(await describeTask(tasks, taskId)).toMatchObject({
        status: 'stopped',
        stop: { code: 'instance_lost', message: 'The local server ended, and the workbench with it.' },
      });
      // Higher than any version that was published and then lost with its write.
      expect((await describeTask(tasks, taskId)).version).toBeGreaterThan(1000);
      const file = join(bench.dataDir, 'volumes', 'wb1', 'began');
      expect(
        await access(file).then(
          () => true,
          () => false,
        ),
      ).toBe(began);
    });
  }
});
