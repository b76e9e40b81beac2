import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { Agent, get, request as sendRequest } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseCommand } from '#adapters/local/processes/command.ts';
import { parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import { startTask, waitForStatus } from '../../tasks/task-bench.ts';
import { ProcessBench } from '../process-bench.ts';

const PAGE = fileURLToPath(
  new URL('../../../../../adapters/local/processes/page/server.ts', import.meta.url),
);

describe('the program of the built-in page', () => {
  let folder: string;
  let socket: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wb-page-'));
    socket = join(folder, '.socket');
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  interface Program {
    /** Resolves when the program serves its socket. */
    readonly serving: Promise<void>;
    readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  }

  function start(): Program {
    const env = { PATH: process.env.PATH, WORKSPACE_PATH: folder, WB_SOCKET: socket };
    const program = spawn(process.execPath, [PAGE], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = program;
    let output = '';
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
      program.once('close', (code) => resolve({ code, output }));
    });
    const serving = new Promise<void>((resolve) => {
      for (const stream of [program.stdout, program.stderr]) {
        stream.on('data', (data) => {
          output += data;
          if (output.includes(`Serving on ${socket}.`)) resolve();
        });
      }
    });
    return { serving, ended };
  }

  it('exits with 0 on SIGTERM, even with open idle connections', async () => {
    const program = start();
    await program.serving;
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    const agent = new Agent({ keepAlive: true });
    const status = await new Promise((resolve, reject) => {
      const request = get({ socketPath: socket, path: '/', agent }, (response) => {
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

  it('exits with 1 and an error message when its socket is in use', async () => {
    const blocker = createServer().listen(socket);
    const { code, output } = await start().ended;
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
    const save = await send(endpoint, 'PUT', 'kept');
    expect(save.status).toBe(201);
    await tasks.stop(first, 'enough');
    await waitForStatus(tasks, first, 'stopped');
    const again = { ...input, runId: `${input.runId}-again` };
    const second = await waitForStatus(tasks, await startTask(tasks, again, 'b'), 'running');
    expect(await send(second.endpoint, 'GET')).toEqual({ status: 200, body: 'kept' });
    expect(await readFile(join(input.mount.path ?? '', 'notes.txt'), 'utf8')).toBe('kept');
    await bench.end();
  });
});

/** Requests the file notes.txt from the page at this endpoint, which is a socket. */
async function send(endpoint: string | undefined, method: string, body = '') {
  const headers = { 'content-type': 'application/octet-stream', 'if-none-match': '*' };
  const { pathname, ...address } = parseEndpoint(endpoint ?? '');
  expect(address).toHaveProperty('socketPath');
  const request = sendRequest({ ...address, method, headers, path: `${pathname}api/file?path=notes.txt` });
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}
