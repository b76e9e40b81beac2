import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { closeServer, StartError } from '#adapters/http-server/listen.ts';
import { listenOnWorkbenchPort } from '#local/workbench-port.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'workbench-port-'));
});

async function start(workbenchPort = 0) {
  const server = createServer();
  onTestFinished(() => closeServer(server, 0));
  const port = await listenOnWorkbenchPort(server, { bindAddress: '127.0.0.1', dataDir, workbenchPort });
  return { port, stop: () => closeServer(server, 0) };
}

test('any free port is used at the first start, and the same one at the next', async () => {
  const first = await start();
  await first.stop();
  const second = await start();
  expect(second.port).toBe(first.port);
});

test('another port is used while a program uses the last one, and is the last one from then on', async () => {
  const first = await start();
  const second = await start();
  expect(second.port).not.toBe(first.port);
  await first.stop();
  await second.stop();
  expect((await start()).port).toBe(second.port);
});

test.each(['', 'x', '0', '65536', '-1', '80.5', '{}'])(
  'any free port is used if the file of the last one contains "%s"',
  async (content) => {
    await writeFile(join(dataDir, 'workbench-port'), content);
    const { port } = await start();
    expect(await readFile(join(dataDir, 'workbench-port'), 'utf8')).toBe(`${port}\n`);
  },
);

test('the port of the setting is used, or the start fails', async () => {
  const first = await start();
  await expect(start(first.port)).rejects.toBeInstanceOf(StartError);
  await first.stop();
  expect((await start(first.port)).port).toBe(first.port);
});
