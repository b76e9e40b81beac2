import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { WorkbenchSockets } from '#adapters/local/processes/workbench-sockets.ts';

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wb-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it('gives each task a path of its own in a folder that only this user may enter', async () => {
  const dataDir = await createFolder();
  const sockets = await WorkbenchSockets.open(dataDir);
  const [first, second] = [sockets.pathOf('proc-1'), sockets.pathOf('proc-2')];
  expect(dirname(first)).toBe(join(dataDir, 'sockets'));
  expect(second).not.toBe(first);
  expect(sockets.pathOf('proc-1')).toBe(first);
  expect((await stat(dirname(first))).mode & 0o777).toBe(0o700);
});

it('removes what an earlier server left, and the socket of a task that has stopped', async () => {
  const dataDir = await createFolder();
  await mkdir(join(dataDir, 'sockets'));
  await writeFile(join(dataDir, 'sockets', 'left'), '');
  const sockets = await WorkbenchSockets.open(dataDir);
  expect(await readdir(join(dataDir, 'sockets'))).toEqual([]);
  await writeFile(sockets.pathOf('proc-1'), '');
  await sockets.remove('proc-1');
  await sockets.remove('proc-1');
  expect(await readdir(join(dataDir, 'sockets'))).toEqual([]);
});

it('uses a temporary folder when the path of the data folder is too long for sockets', async () => {
  const parent = await createFolder();
  const dataDir = join(parent, 'x'.repeat(100));
  await mkdir(dataDir);
  const sockets = await WorkbenchSockets.open(dataDir, undefined);
  const path = sockets.pathOf('proc-1');
  expect(Buffer.byteLength(path)).toBeLessThan(100);
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  await new Promise((resolve) => server.close(resolve));
  await sockets.close();
  await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
});

it('prefers the folder of the session for temporary sockets, unless its path is too long', async () => {
  const parent = await createFolder();
  const dataDir = join(parent, 'x'.repeat(100));
  await mkdir(dataDir);
  const inSession = await WorkbenchSockets.open(dataDir, parent);
  expect(dirname(dirname(inSession.pathOf('proc-1')))).toBe(parent);
  const elsewhere = await WorkbenchSockets.open(dataDir, dataDir);
  expect(dirname(dirname(elsewhere.pathOf('proc-1')))).toBe(tmpdir());
  await elsewhere.close();
});

it('does not remove the folder of the data folder when it is closed', async () => {
  const sockets = await WorkbenchSockets.open(await createFolder());
  await sockets.close();
  expect((await stat(dirname(sockets.pathOf('proc-1')))).isDirectory()).toBe(true);
});
