import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replaceFolder } from '#tools/replace-folder.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'building-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('replaces the previous folder', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'ide');
  await mkdir(folder);
  await writeFile(join(folder, 'old'), '');
  await replaceFolder(folder, async (temporary) => {
    expect(existsSync(join(folder, 'old'))).toBe(true);
    await writeFile(join(temporary, 'new'), 'built');
  });
  expect(await readdir(folder)).toEqual(['new']);
  expect(await readFile(join(folder, 'new'), 'utf8')).toBe('built');
  expect(await readdir(parent)).toEqual(['ide']);
});

test('keeps the previous folder if the build fails', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'ide');
  await mkdir(folder);
  await writeFile(join(folder, 'old'), '');
  const building = replaceFolder(folder, async () => {
    throw new Error('no compiler');
  });
  await expect(building).rejects.toThrow('no compiler');
  expect(await readdir(folder)).toEqual(['old']);
  expect(await readdir(parent)).toEqual(['ide']);
});

test('deletes incomplete folders of dead processes, not of running ones', async () => {
  const parent = await temporaryFolder();
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const others = [`ide.building-${process.ppid}`, 'ide.building-notes', 'video.building-1'];
  for (const name of [`ide.building-${dead}`, `ide.building-${dead}-old`, ...others]) {
    await mkdir(join(parent, name));
  }
  await replaceFolder(join(parent, 'ide'), async () => {});
  expect((await readdir(parent)).sort()).toEqual(['ide', ...others].sort());
});
