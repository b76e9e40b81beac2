import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { expect, onTestFinished, test } from 'vitest';
import { findSocket } from '#adapters/local/containers/engine-socket.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openPage } from './browser.ts';
import { typeInTerminal, waitForIde, waitForTextInEditor } from './ide-page.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { pollUntil, pollUntilGone, runPrintedCommand } from './printed-commands.ts';

const SOCKET = findSocket({
  socket: process.env.WB_DOCKER_SOCKET || undefined,
  dockerHost: process.env.DOCKER_HOST || undefined,
  home: process.env.HOME,
  runtimeDir: process.env.XDG_RUNTIME_DIR,
});
const SETTINGS = { WB_LOCAL_RUNTIME: 'docker', WB_DOCKER_SOCKET: SOCKET };

const docker = new Docker({ socketPath: SOCKET });

/** Creates a data folder whose containers are removed when the test ends. */
async function createContainerDataDir(): Promise<string> {
  const dataDir = await createDataDir();
  onTestFinished(async () => {
    for (const { Id } of await listContainers(dataDir)) await docker.getContainer(Id).remove({ force: true });
  });
  return dataDir;
}

async function listContainers(dataDir: string): Promise<readonly Docker.ContainerInfo[]> {
  const installation = (await readFile(join(dataDir, 'installation'), 'utf8')).trim();
  const filters = { label: [`workbench.installation=${installation}`] };
  return await docker.listContainers({ all: true, filters });
}

/** Returns the states of a data folder's containers: `running`, `exited`, … */
async function listContainerStates(dataDir: string): Promise<readonly string[]> {
  return (await listContainers(dataDir)).map(({ State }) => State);
}

test('in a container a file that was written in the terminal outlives a stop and is deleted with the workbench', async () => {
  const dataDir = await createContainerDataDir();
  const server = await LocalServer.start(dataDir, SETTINGS);
  expect(server.output).toContain('containers of workbench-example:latest');
  const page = await openPage();
  const { item } = await runPrintedCommand(server, 'create');
  await pollUntil(server, item.workbench_id, 'running');
  expect(await listContainerStates(dataDir)).toEqual(['running']);
  await page.goto(item.public_endpoint);
  await waitForIde(page);

  await typeInTerminal(
    page,
    'printf "made by %s in the terminal of %s" "$(id -un)" "$WORKBENCH_NAME" > made.txt',
  );
  const volume = join(dataDir, 'volumes', item.workbench_id);
  const made = /^made by (\S+|I have no name!) in the terminal of First$/;
  await eventually(waitRealStep, 'the file is written', async () =>
    made.test(await readFile(join(volume, 'project/made.txt'), 'utf8').catch(() => '')),
  );
  const content = await readFile(join(volume, 'project/made.txt'), 'utf8');
  expect(content).not.toContain('root');

  await runPrintedCommand(server, 'stop', item.workbench_id);
  await pollUntil(server, item.workbench_id, 'stopped');
  expect(await listContainerStates(dataDir)).toEqual([]);
  await runPrintedCommand(server, 'start', item.workbench_id);
  await pollUntil(server, item.workbench_id, 'running');
  await page.goto(item.public_endpoint);
  await waitForIde(page);
  await waitForTextInEditor(page, 'made.txt', content);

  await runPrintedCommand(server, 'delete', item.workbench_id);
  await pollUntilGone(server, item.workbench_id);
  expect(await listContainerStates(dataDir)).toEqual([]);
  for (const folder of ['volumes', 'logs']) {
    expect(existsSync(join(dataDir, folder, item.workbench_id)), folder).toBe(false);
  }
});

test('a container outlives kill -9 of the server, the next server adopts it, and Ctrl-C ends it', async () => {
  const dataDir = await createContainerDataDir();
  const first = await LocalServer.start(dataDir, SETTINGS);
  const { item } = await runPrintedCommand(first, 'create');
  await pollUntil(first, item.workbench_id, 'running');
  await first.kill();
  expect(await listContainerStates(dataDir)).toEqual(['running']);

  // The process runtime does not know the container.
  const wrong = await new LocalServer(dataDir, { WB_LOCAL_RUNTIME: 'process' }).waitForExit();
  expect(wrong.code).toBe(1);
  expect(wrong.output).toContain('Start once with WB_LOCAL_RUNTIME=docker');

  const second = await LocalServer.start(dataDir, SETTINGS);
  const { item: adopted } = await runPrintedCommand(second, 'poll', item.workbench_id);
  expect(adopted).toMatchObject({ status: 'running', desired_status: 'running' });
  const page = await openPage();
  await page.goto(adopted.public_endpoint);
  await waitForIde(page);

  await second.interrupt();
  expect(await listContainerStates(dataDir)).toEqual([]);
  const third = await LocalServer.start(dataDir, SETTINGS);
  const { item: stopped } = await runPrintedCommand(third, 'poll', item.workbench_id);
  expect(stopped).toMatchObject({ status: 'stopped', status_reason: { code: 'instance_lost' } });
});

test('npm start prints advice and exits with 1 when the engine or the image is missing', async () => {
  const dataDir = await createDataDir();
  const missing = join(dataDir, 'missing.sock');
  const cases = [
    [{ WB_DOCKER_SOCKET: missing }, `The socket ${missing} does not exist`],
    [{ WB_DOCKER_SOCKET: '', DOCKER_HOST: 'tcp://127.0.0.1:2375' }, 'set WB_DOCKER_SOCKET to its socket'],
    // Nothing listens on port 1.
    [{ WB_IMAGE: '127.0.0.1:1/nobody/nothing:1' }, 'does not have the image 127.0.0.1:1/nobody/nothing:1'],
  ] as const;
  for (const [settings, message] of cases) {
    const { code, output } = await new LocalServer(dataDir, { ...SETTINGS, ...settings }).waitForExit();
    expect(code, output).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(join(dataDir, 'state.db'))).toBe(false);
});
