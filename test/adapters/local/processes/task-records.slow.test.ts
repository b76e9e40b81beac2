import { spawn } from 'node:child_process';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProcessRecord, processRecords } from '#adapters/local/processes/process-record.ts';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { FullDiskRecords } from '../full-disk-records.ts';
import { describeTask, startTask, waitForStatus } from '../tasks/task-bench.ts';
import {
  findProcessesWith,
  HTTP_SERVER_SCRIPT,
  nodeCommand,
  ProcessBench,
  shellCommand,
} from './process-bench.ts';

const onLinux = process.platform === 'linux';

describe('the files of ProcessTaskRunner', () => {
  let bench: ProcessBench;
  beforeEach(async () => {
    bench = await ProcessBench.make();
  });
  afterEach(() => bench.end());

  function exists(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      () => false,
    );
  }

  it('writes the initial files of a program once, and adds the base path to its endpoint', async () => {
    const script = `const { readFileSync } = require('fs');
      require('http').createServer((q, s) => s.end(q.url + ' ' + readFileSync(process.env.SEED, 'utf8'))).listen(process.env.PORT, '127.0.0.1');`;
    const tasks = await bench.open({
      command: {
        ...nodeCommand(script),
        initialFiles: { 'settings/ide.json': 'as given' },
        environment: ({ privateFolder }) => ({ SEED: join(privateFolder, 'settings', 'ide.json') }),
        expectsBasePath: true,
      },
    });
    const first = await startTask(tasks, await bench.input({ workbenchId: 'wbx' }), 'a');
    const { endpoint } = await waitForStatus(tasks, first, 'running');
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/project\/wbx$/);
    expect(await (await fetch(`${endpoint}/tree`)).text()).toBe('/project/wbx/tree as given');
    await writeFile(join(bench.dataDir, 'private', 'wbx', 'settings', 'ide.json'), 'as changed');
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, first, 'stopped');
    const second = await startTask(tasks, await bench.input({ workbenchId: 'wbx' }), 'b');
    const again = await waitForStatus(tasks, second, 'running');
    expect(await (await fetch(`${again.endpoint}/`)).text()).toBe('/project/wbx/ as changed');
  });

  it('stores the output of a run in a file and names the file in the stop reason', async () => {
    const tasks = await bench.open({ command: shellCommand('echo to stdout; echo to stderr >&2; exit 3') });
    const input = await bench.input();
    const taskId = await startTask(tasks, input, 't');
    const stopped = await waitForStatus(tasks, taskId, 'stopped');
    const log = join('logs', input.workbenchId, `${input.runId}.log`);
    expect(stopped.stop).toEqual({
      code: 'exited',
      message: `Its main process ended with exit code 3. Its output is in ${log}.`,
    });
    expect(await readFile(join(bench.dataDir, log), 'utf8')).toBe('to stdout\nto stderr\n');
  });

  it('does not start a program whose process could not be recorded', async () => {
    const folder = processRecords(bench.dataDir);
    const tasks = await bench.open({
      command: nodeCommand(`require('fs').writeFileSync('began', ''); ${HTTP_SERVER_SCRIPT}`),
      records: {
        open: () => folder.open(),
        remove: (id) => folder.remove(id),
        save: async (record) => {
          if (record.process !== undefined && record.status === 'pending') throw new Error('disk full');
          await folder.save(record);
        },
      },
    });
    const input = await bench.input();
    const stopped = await waitForStatus(tasks, await startTask(tasks, input, 't'), 'stopped');
    // The disk may have space again when the next task starts.
    const stop = {
      code: 'start_refused',
      message: 'Its process could not be recorded.',
      retryable: true,
    };
    expect(stopped.stop).toEqual(stop);
    expect(await exists(join(input.mount.path ?? '', 'began'))).toBe(false);
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
    await tasks.close();
    expect((await describeTask(await bench.open(), stopped.taskId)).stop).toEqual(stop);
  });

  it('refuses a task whose record cannot be stored, and accepts it later with the same token', async () => {
    const disk = new FullDiskRecords<ProcessRecord>(({ taskId }) => taskId);
    disk.isFull = true;
    const tasks = await bench.open({ records: disk });
    const input = await bench.input();
    const calls = [1, 2].map(() => tasks.run(input, 't'));
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'no_space' });
    expect((await tasks.list()).tasks).toEqual([]);
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
    disk.isFull = false;
    await waitForStatus(tasks, await startTask(tasks, input, 't'), 'running');
  });

  it('deletes the record of a stopped task after two hours, and not after one', async () => {
    let now = Date.now();
    const timers = { ...systemTimers, now: () => now };
    const tasks = await bench.open({ timers, command: shellCommand('exit 0') });
    const taskId = await startTask(tasks, await bench.input(), 'old');
    await waitForStatus(tasks, taskId, 'stopped');
    now += 61 * 60_000;
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 'later'), 'stopped');
    expect((await describeTask(tasks, taskId)).status).toBe('stopped');
    now += 61 * 60_000;
    await waitForStatus(tasks, await startTask(tasks, await bench.input(), 'much later'), 'stopped');
    expect(await tasks.describe([taskId])).toEqual([{ taskId, missing: true }]);
    await eventually(waitRealStep, 'its record is deleted', async () => {
      const files = await readdir(join(bench.dataDir, 'tasks'));
      return !files.includes(`${taskId}.json`);
    });
  });

  it('keeps the output of the last five runs of a workbench', async () => {
    const tasks = await bench.open({ command: shellCommand('exit 0') });
    for (let n = 0; n < 7; n += 1) {
      const input = await bench.input({ workbenchId: 'wbx' });
      await waitForStatus(tasks, await startTask(tasks, input, `t${n}`), 'stopped');
    }
    const files = await readdir(join(bench.dataDir, 'logs', 'wbx'));
    expect(files.sort()).toEqual([3, 4, 5, 6, 7].map((n) => `${bench.run}-${n}.log`));
  });

  it('throws unavailable and has no task when the record cannot be written', async () => {
    const tasks = await bench.open();
    await rm(join(bench.dataDir, 'tasks'), { recursive: true });
    await expect(tasks.run(await bench.input(), 't')).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await tasks.list()).tasks).toEqual([]);
  });

  it('renames an unreadable record and opens', async () => {
    const tasks = await bench.open();
    await tasks.close();
    await writeFile(join(bench.dataDir, 'tasks', 'proc-0.json'), '{ half');
    const again = await bench.open();
    expect((await again.list()).tasks).toEqual([]);
    expect(await readdir(join(bench.dataDir, 'tasks'))).toContain('proc-0.json.unreadable');
  });

  it('does not end a foreign process that has the process id of a recorded one', async () => {
    const tasks = await bench.open();
    const taskId = await startTask(tasks, await bench.input(), 't');
    await waitForStatus(tasks, taskId, 'running');
    await tasks.close();
    const foreign = spawn('sleep', ['300'], { detached: true, env: {} });
    const file = join(bench.dataDir, 'tasks', `${taskId}.json`);
    const record = JSON.parse(await readFile(file, 'utf8'));
    const { stop: _stop, stoppedAt: _at, ...live } = record;
    const process = { ...record.process, pid: foreign.pid };
    await writeFile(file, JSON.stringify({ ...live, status: 'running', process }));
    const again = await bench.open();
    expect(await describeTask(again, taskId)).toMatchObject({
      status: 'stopped',
      stop: { code: 'instance_lost' },
    });
    expect(foreign.exitCode).toBeNull();
    expect(foreign.signalCode).toBeNull();
    const table = linuxProcesses;
    if (onLinux) expect((await table.read(foreign.pid ?? 0))?.zombie).toBe(false);
    // With the start time of the foreign process, the record identifies it.
    if (onLinux) {
      await again.close();
      const startTime = (await table.read(foreign.pid ?? 0))?.startTime;
      const right = { ...process, startTime };
      await writeFile(file, JSON.stringify({ ...live, status: 'running', process: right }));
      await bench.open();
      await eventually(waitRealStep, 'the process is ended', () => foreign.signalCode !== null);
    }
    foreign.kill('SIGKILL');
  });
});
