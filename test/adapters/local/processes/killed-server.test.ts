import { spawn } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { describeTask, findProcessesWith, ProcessBench, startTask } from './process-bench.ts';

const DYING_SERVER = fileURLToPath(new URL('crashing-server.ts', import.meta.url));

/** Which write of the record the server dies at, and what it had done by then. */
const MOMENTS = [
  { name: 'once the task is accepted', when: 'after', write: 1, began: false },
  { name: 'once the task has its place', when: 'after', write: 2, began: false },
  { name: 'between the start of the process and its record', when: 'before', write: 3, began: false },
  { name: 'once the process is recorded and waits at the gate', when: 'after', write: 3, began: false },
  { name: 'once the task runs', when: 'after', write: 4, began: true },
  { name: 'in the middle of a stop', when: 'after', write: 5, began: true },
];

describe.runIf(process.platform === 'linux')('a server killed by SIGKILL', () => {
  let bench: ProcessBench;
  beforeEach(async () => {
    bench = await ProcessBench.make();
  });
  afterEach(() => bench.end());

  async function die(when: string, write: number): Promise<string> {
    const args = [DYING_SERVER, bench.dataDir, when, String(write)];
    const server = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    server.stderr.on('data', (data) => {
      complaint += data;
    });
    const signal = await new Promise((resolve) => server.once('exit', (_code, name) => resolve(name)));
    expect(complaint).toBe('');
    expect(signal).toBe('SIGKILL');
    return (await readFile(join(bench.dataDir, 'installation'), 'utf8')).trim();
  }

  for (const { name, when, write, began } of MOMENTS) {
    it(`leaves nothing behind when it dies ${name}`, async () => {
      const mark = `WB_INSTALLATION=${await die(when, write)}`;
      if (began) expect(await findProcessesWith(mark)).not.toEqual([]);
      // What waits at the gate ends by itself, before anybody looks for it.
      else
        await eventually(waitRealStep, 'the gate', async () => (await findProcessesWith(mark)).length === 0);

      const tasks = await bench.open({ graceMs: 200 });
      expect(await findProcessesWith(mark)).toEqual([]);
      const taskId = await startTask(tasks, await bench.input({ workbenchId: 'wb1', runId: 'run1' }), 't');
      expect(await describeTask(tasks, taskId)).toMatchObject({
        status: 'stopped',
        stop: { code: 'instance_lost', message: 'The local server was stopped, and it with it.' },
      });
      // Beyond whatever a lost write may have been told as.
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
