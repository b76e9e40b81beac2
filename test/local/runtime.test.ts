import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import type { ContainerRecord } from '#adapters/local/containers/container-record.ts';
import { SocketsUnavailable, WorkbenchSockets } from '#adapters/local/processes/workbench-sockets.ts';
import { newTaskFields } from '#adapters/local/tasks/task-record.ts';
import { chooseRuntime, processRuntime } from '#local/runtime.ts';
import { readLocalSettings } from '#local/settings.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wb-runtime-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const docker = (environment: Readonly<Record<string, string>>) =>
  chooseRuntime(readLocalSettings({ WB_LOCAL_RUNTIME: 'docker', ...environment }), '');

/** Starts a server with the API of an engine and returns its socket. `respond` maps a path to the response. */
async function startEngine(respond: (path: string) => { status: number; body: unknown }): Promise<string> {
  const socket = join(folder, 'engine.sock');
  const server = createServer((request, response) => {
    const { status, body } = respond((request.url ?? '').replace(/\?.*/, ''));
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  return socket;
}

const PODMAN: Readonly<Record<string, unknown>> = {
  '/info': { NCPU: 2, MemTotal: 4e9, ServerVersion: '4.3.1', SecurityOptions: ['name=rootless'] },
  '/version': { Components: [{ Name: 'Podman Engine' }] },
};

describe('the runtime of workbenches', () => {
  test('runs processes by default', async () => {
    const runtime = await chooseRuntime(readLocalSettings({ WB_LOCAL_IDE: 'page' }), '');
    expect(runtime.summary).toEqual([['They run', expect.stringContaining('a small built-in page')]]);
    expect(runtime.gpuCount).toBe(0);
  });

  test('throws a StartError when no program can create the pipes for output', async () => {
    vi.stubEnv('PATH', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const runtime = processRuntime({ kind: 'page', file: process.execPath, args: () => [] });
    const options = { dataDir: folder, max: 1, graceMs: 100, baseUrl: () => '', onChange: () => {} };
    const opened = runtime.open({ ...options, telemetry: new TelemetryRecorder() });
    await expect(opened).rejects.toThrow(StartError);
    await expect(opened).rejects.toThrow('mkfifo was not found on PATH');
  });

  test('throws a StartError when no folder can have the sockets of workbenches', async () => {
    const refusals = [{ folder: '/a', reason: 'its path is too long' }];
    const open = vi.spyOn(WorkbenchSockets, 'open').mockRejectedValue(new SocketsUnavailable(refusals));
    onTestFinished(() => open.mockRestore());
    const runtime = processRuntime({ kind: 'page', file: process.execPath, args: () => [] });
    const options = { dataDir: folder, max: 1, graceMs: 100, baseUrl: () => '', onChange: () => {} };
    const opened = runtime.open({ ...options, telemetry: new TelemetryRecorder() });
    await expect(opened).rejects.toThrow(StartError);
    await expect(opened).rejects.toThrow('neither of /a (its path is too long)');
  });

  test('runs containers when WB_LOCAL_RUNTIME is docker', async () => {
    const socket = await startEngine((path) => ({ status: 200, body: PODMAN[path] ?? {} }));
    const { summary } = await docker({ WB_DOCKER_SOCKET: socket, WB_IMAGE: 'ide:3' });
    expect(summary).toEqual([
      ['They run', 'containers of ide:3'],
      ['Engine', `podman 4.3.1 (rootless) at ${socket}`],
    ]);
  });

  test('throws a StartError with advice when no engine listens', async () => {
    await expect(docker({ WB_DOCKER_SOCKET: join(folder, 'none') })).rejects.toThrow(StartError);
    await expect(docker({ WB_DOCKER_SOCKET: join(folder, 'none') })).rejects.toThrow('Start it');
    await expect(docker({ DOCKER_HOST: 'tcp://10.0.0.7:2375' })).rejects.toThrow('set WB_DOCKER_SOCKET');
  });

  test('throws when the server is not a container engine', async () => {
    const socket = await startEngine(() => ({ status: 404, body: { message: 'page not found' } }));
    await expect(docker({ WB_DOCKER_SOCKET: socket })).rejects.toThrow(
      'does not respond like a container engine',
    );
  });

  test('throws with advice when the engine cannot pull the image', async () => {
    const socket = await startEngine((path) =>
      path in PODMAN
        ? { status: 200, body: PODMAN[path] }
        : path === '/images/create'
          ? { status: 500, body: { message: 'no registry is reached' } }
          : { status: 404, body: { message: 'no such image' } },
    );
    const example = docker({ WB_DOCKER_SOCKET: socket });
    await expect(example).rejects.toThrow(StartError);
    await expect(example).rejects.toThrow('no registry is reached\nBuild it with `npm run image:build`');
    const other = docker({ WB_DOCKER_SOCKET: socket, WB_IMAGE: 'registry.example/ide:3' });
    await expect(other).rejects.toThrow(
      'podman 4.3.1 does not have the image registry.example/ide:3 and cannot pull it',
    );
  });

  test('does not run processes while containers may still use the files', async () => {
    const command = { kind: 'boot command', file: '/bin/false', args: () => [] } as const;
    const options = {
      ...{ dataDir: folder, max: 1, graceMs: 100, telemetry: new TelemetryRecorder() },
      ...{ baseUrl: () => 'http://127.0.0.1/', onChange: () => {} },
    };
    const input = {
      ...{ userId: 'ada', workbenchId: 'wb1', runId: 'run1', attempt: 1, name: 'x' },
      ...{ cpuUnits: 1, memoryMib: 1, gpuCount: 0, mount: {} },
      placement: { kind: 'provider', provider: 'local' },
    } as const;
    const record: ContainerRecord = { ...newTaskFields('cont-1', input, 't', '', 0), image: 'image' };
    const tasks = join(folder, 'containers/tasks');
    await mkdir(tasks, { recursive: true });
    const write = (change: object) =>
      writeFile(join(tasks, `${record.taskId}.json`), JSON.stringify({ ...record, ...change }));
    await write({ status: 'running' });
    await expect(processRuntime(command).open(options)).rejects.toThrow('WB_LOCAL_RUNTIME=docker');
    await write({ status: 'stopped' });
    await (await processRuntime(command).open(options)).close();
  });
});
