import { spawn } from 'node:child_process';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProcessRecord, processRecordSchema } from '#adapters/local/processes/process-record.ts';
import { linuxProcesses } from '#adapters/local/processes/process-table.ts';
import { RecordFolder } from '#adapters/local/state-files.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import {
  describeTask,
  findProcessesWith,
  HTTP_SERVER_SCRIPT,
  nodeCommand,
  ProcessBench,
  shellCommand,
  startTask,
  waitForStatus,
} from './process-bench.ts';

const onLinux = process.platform === 'linux';

describe('what ProcessTaskRunner keeps on disk', () => {
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

  it('puts what a program needs into its private folder once, and reaches it under the path that people see', async () => {
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

  it('keeps the output of a run in a file of its own, and names it when the program ends', async () => {
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

  it('begins nothing whose process could not be recorded', async () => {
    const folder = new RecordFolder<ProcessRecord>({
      path: join(bench.dataDir, 'tasks'),
      parse: (value) => processRecordSchema.parse(value),
      idOf: (record) => record.taskId,
    });
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
    expect(stopped.stop?.code).toBe('start_refused');
    expect(await exists(join(input.mount.path ?? '', 'began'))).toBe(false);
    expect(await findProcessesWith(`WB_RUN_ID=${input.runId}`)).toEqual([]);
  });

  it('forgets a stopped task, on disk too, after two hours and not after one', async () => {
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
    await eventually(waitRealStep, 'its record is gone', async () => {
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

  it('answers unavailable, and has no such task, when the record cannot be written', async () => {
    const tasks = await bench.open();
    await rm(join(bench.dataDir, 'tasks'), { recursive: true });
    await expect(tasks.run(await bench.input(), 't')).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await tasks.list()).tasks).toEqual([]);
  });

  it('moves a record that cannot be read aside, and opens', async () => {
    const tasks = await bench.open();
    await tasks.close();
    await writeFile(join(bench.dataDir, 'tasks', 'proc-0.json'), '{ half');
    const again = await bench.open();
    expect((await again.list()).tasks).toEqual([]);
    expect(await readdir(join(bench.dataDir, 'tasks'))).toContain('proc-0.json.unreadable');
  });

  it('leaves a foreign process alone that has got the number of one of ours', async () => {
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
    // The same record with the right start time: now it is taken for ours.
    if (onLinux) {
      await again.close();
      const startTime = (await table.read(foreign.pid ?? 0))?.startTime;
      const right = { ...process, startTime };
      await writeFile(file, JSON.stringify({ ...live, status: 'running', process: right }));
      await bench.open();
      await eventually(waitRealStep, 'it was ended', () => foreign.signalCode !== null);
    }
    foreign.kill('SIGKILL');
  });
});
