import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { startWritingProcess } from './child-process.ts';
import { temporaryFolder } from './open-stores.ts';

test('a folder is locked once in a process, until it is released', async () => {
  const folder = await temporaryFolder();
  const lock = lockDataFolder(folder);
  expect(() => lockDataFolder(folder)).toThrow(DataDirectoryLocked);
  expect(() => lockDataFolder(folder)).toThrow(folder);
  lock.release();
  lock.release();
  lockDataFolder(folder).release();
});

test('a folder is locked by one process, until that process is killed', async () => {
  const folder = await temporaryFolder();
  const other = startWritingProcess(folder);
  expect(await other.next()).toBe('open');
  expect(() => lockDataFolder(folder)).toThrow(DataDirectoryLocked);
  await other.kill();
  const lock = lockDataFolder(folder);
  onTestFinished(() => lock.release());
  expect(await startWritingProcess(folder).next()).toBe('data_directory_locked');
});

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written cannot be locked', async () => {
  const folder = join(await temporaryFolder(), 'read-only');
  await mkdir(folder);
  await chmod(folder, 0o500);
  expect(() => lockDataFolder(folder)).toThrow('unable to open database file');
});

test('a folder that does not exist cannot be locked', async () => {
  const folder = join(await temporaryFolder(), 'missing');
  expect(() => lockDataFolder(folder)).toThrow('unable to open database file');
});
