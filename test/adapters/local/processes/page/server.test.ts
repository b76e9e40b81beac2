import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseCommand } from '#adapters/local/processes/command.ts';
import { startTask, waitForStatus } from '../../tasks/task-bench.ts';
import { ProcessBench } from '../process-bench.ts';

const PAGE = fileURLToPath(
  new URL('../../../../../adapters/local/processes/page/server.ts', import.meta.url),
);

describe('the program of the built-in page', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wb-page-'));
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  interface Program {
    /** Resolves to the port when the program serves it. */
    readonly serving: Promise<number>;
    readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  }

  function start(port: number): Program {
    const env = { PATH: process.env.PATH, WORKSPACE_PATH: folder, PORT: String(port) };
    const program = spawn(process.execPath, [PAGE], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = program;
    let output = '';
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
      program.once('close', (code) => resolve({ code, output }));
    });
    const serving = new Promise<number>((resolve) => {
      for (const stream of [program.stdout, program.stderr]) {
        stream.on('data', (data) => {
          output += data;
          const match = /Serving on 127\.0\.0\.1:(\d+)/.exec(output);
          if (match !== null) resolve(Number(match[1]));
        });
      }
    });
    return { serving, ended };
  }

  it('exits with 0 on SIGTERM, even with open idle connections', async () => {
    const program = start(0);
    const port = await program.serving;
    const agent = new Agent({ keepAlive: true });
    const status = await new Promise((resolve, reject) => {
      const request = get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
      });
      request.once('error', reject);
    });
    expect(status).toBe(200);
    child?.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    agent.destroy();
  });

  it('exits with 1 and an error message when its port is in use', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const { code, output } = await start(port).ended;
    expect(code).toBe(1);
    expect(output).toContain('EADDRINUSE');
    blocker.close();
  });

  it('runs as a workbench if no IDE is installed, and keeps its files after a stop', async () => {
    const bench = await ProcessBench.make();
    const command = chooseCommand({ find: () => undefined, node: process.execPath, page: PAGE });
    const tasks = await bench.open({ command });
    const input = await bench.input();
    const first = await startTask(tasks, input, 'a');
    const { endpoint } = await waitForStatus(tasks, first, 'running');
    const save = await fetch(`${endpoint}/api/file?path=notes.txt`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
      body: 'kept',
    });
    expect(save.status).toBe(201);
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, first, 'stopped');
    const again = { ...input, runId: `${input.runId}-again` };
    const second = await waitForStatus(tasks, await startTask(tasks, again, 'b'), 'running');
    expect(await (await fetch(`${second.endpoint}/api/file?path=notes.txt`)).text()).toBe('kept');
    expect(await readFile(join(input.mount.path ?? '', 'notes.txt'), 'utf8')).toBe('kept');
    await bench.end();
  });
});
