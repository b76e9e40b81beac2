import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SocketsUnavailable, WorkbenchSockets } from '#adapters/local/processes/workbench-sockets.ts';

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
  const sockets = await WorkbenchSockets.open(dataDir);
  const path = sockets.pathOf('proc-1');
  expect(Buffer.byteLength(path)).toBeLessThan(100);
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  await new Promise((resolve) => server.close(resolve));
  await sockets.close();
  await expect(stat(dirname(path))).rejects.toThrow('ENOENT');
});

/** Returns a data folder whose path is too long for sockets. */
async function createLongFolder(): Promise<string> {
  const dataDir = join(await createFolder(), 'x'.repeat(100));
  await mkdir(dataDir);
  return dataDir;
}

it('does not use the folder of the login session', async () => {
  const session = await createFolder();
  vi.stubEnv('XDG_RUNTIME_DIR', session);
  onTestFinished(() => void vi.unstubAllEnvs());
  const sockets = await WorkbenchSockets.open(await createLongFolder());
  onTestFinished(() => sockets.close());
  expect(dirname(dirname(sockets.pathOf('proc-1')))).toBe(tmpdir());
});

it('uses the next folder when a temporary path is too long or does not exist', async () => {
  const [dataDir, parent] = [await createLongFolder(), await createFolder()];
  const sockets = await WorkbenchSockets.open(dataDir, [dataDir, join(parent, 'missing'), parent]);
  expect(dirname(dirname(sockets.pathOf('proc-1')))).toBe(parent);
});

it('throws one sentence with each folder and its reason when no folder can have sockets', async () => {
  const [dataDir, parent] = [await createLongFolder(), await createFolder()];
  const missing = join(parent, 'missing');
  const opened = WorkbenchSockets.open(dataDir, [dataDir, missing]);
  await expect(opened).rejects.toThrow(SocketsUnavailable);
  await expect(opened).rejects.toThrow(
    `neither of ${dataDir}/sockets (its path is too long), ${dataDir} (its path is too long), ${missing} (ENOENT): set WB_DATA_DIR or TMPDIR`,
  );
});

describe('a temporary folder', () => {
  it('is used as long as it exists', async () => {
    const sockets = await WorkbenchSockets.open(await createLongFolder(), [await createFolder()]);
    const path = sockets.pathOf('proc-1');
    await sockets.prepare();
    expect(sockets.pathOf('proc-1')).toBe(path);
  });

  it('is replaced by one with another name when it is gone', async () => {
    const parent = await createFolder();
    const sockets = await WorkbenchSockets.open(await createLongFolder(), [parent]);
    const first = dirname(sockets.pathOf('proc-1'));
    await rm(first, { recursive: true });
    await Promise.all([sockets.prepare(), sockets.prepare()]);
    const second = dirname(sockets.pathOf('proc-1'));
    expect(second).not.toBe(first);
    expect(await readdir(parent)).toEqual([basename(second)]);
    expect((await stat(second)).mode & 0o777).toBe(0o700);
  });

  it('is replaced, and not removed, when others may enter what has its name', async () => {
    const parent = await createFolder();
    const sockets = await WorkbenchSockets.open(await createLongFolder(), [parent]);
    const first = dirname(sockets.pathOf('proc-1'));
    await chmod(first, 0o755);
    await sockets.prepare();
    expect(dirname(sockets.pathOf('proc-1'))).not.toBe(first);
    await sockets.close();
    expect(await readdir(parent)).toEqual([basename(first)]);
  });

  it('can be created later when its parent was missing for a while', async () => {
    const parent = join(await createFolder(), 'parent');
    await mkdir(parent);
    const sockets = await WorkbenchSockets.open(await createLongFolder(), [parent]);
    await rm(parent, { recursive: true });
    await expect(sockets.prepare()).rejects.toThrow(SocketsUnavailable);
    await mkdir(parent);
    await sockets.prepare();
    expect(await readdir(parent)).toEqual([basename(dirname(sockets.pathOf('proc-1')))]);
  });
});

it('creates the folder in the data folder again when it is gone', async () => {
  const dataDir = await createFolder();
  const sockets = await WorkbenchSockets.open(dataDir);
  await rm(join(dataDir, 'sockets'), { recursive: true });
  await sockets.prepare();
  expect((await stat(join(dataDir, 'sockets'))).mode & 0o777).toBe(0o700);
});

it('does not remove the folder of the data folder when it is closed', async () => {
  const sockets = await WorkbenchSockets.open(await createFolder());
  await sockets.close();
  expect((await stat(dirname(sockets.pathOf('proc-1')))).isDirectory()).toBe(true);
});
