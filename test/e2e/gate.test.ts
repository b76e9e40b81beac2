import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { create, poll, pollUntil } from './api-calls.ts';
import { createDataDir, LocalServer } from './local-server.ts';

/** The program of the workbenches: accepts WebSockets. */
const PROGRAM = {
  WB_BOOT_COMMAND: `exec '${process.execPath}' '${join(import.meta.dirname, 'neighbour.mjs')}'`,
};

async function startWithWorkbench() {
  const server = await LocalServer.start(await createDataDir(), PROGRAM);
  const id = await create(server, 'First');
  const { public_endpoint: url } = await pollUntil(server, id, 'running');
  return { server, id, url };
}

/** Opens a WebSocket to a workbench. */
async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http:', 'ws:')}/`);
  await once(socket, 'open');
  return socket;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isListening(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}

test('after kill -9 of the gate the API and the workbenches live on, and the gate is back on its port', async () => {
  const { server, id, url } = await startWithWorkbench();
  const controller = await server.findPid();
  const workbench = await server.workbenchPrograms();
  const socket = await connect(url);
  const gate = await server.findGatePid();

  process.kill(gate ?? 0, 'SIGKILL');
  await once(socket, 'close');
  expect((await poll(server, id)).status).toBe('running');
  await eventually(waitRealStep, 'the gate is back', () => isListening(url));
  expect(await server.findGatePid()).not.toBe(gate);
  expect(await server.findPid()).toBe(controller);
  expect(await server.workbenchPrograms()).toEqual(workbench);
  expect(await (await fetch(`${url}/secret`)).text()).toBe('the secret');
  (await connect(url)).terminate();
  expect(server.output).toContain('ERROR the gate ended and is started again exit=SIGKILL');
});

test('after kill -9 of the controller the gate ends and the next one has its port', async () => {
  const { server, id, url } = await startWithWorkbench();
  const gate = (await server.findGatePid()) ?? 0;
  const { port } = new URL(url);
  await server.kill();
  await eventually(waitRealStep, 'the gate has ended', () => !exists(gate));
  expect(await isListening(url)).toBe(false);

  const next = await LocalServer.start(server.dataDir, PROGRAM);
  expect(new URL((await poll(next, id)).public_endpoint).port).toBe(port);
});

test('while the controller is paused the gate responds with 503', async () => {
  const { server, url } = await startWithWorkbench();
  await server.whilePaused(async () => {
    const response = await fetch(`${url}/secret`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: 'The records cannot be read.' });
  });
  expect(await (await fetch(`${url}/secret`)).text()).toBe('the secret');
});

test('Ctrl-C ends the gate as well, without an error in the log', async () => {
  const { server } = await startWithWorkbench();
  const gate = (await server.findGatePid()) ?? 0;
  const { code, output } = await server.interrupt();
  expect(code).toBe(0);
  expect(exists(gate)).toBe(false);
  expect(output).not.toMatch(/ERROR|WARNING/);
});
