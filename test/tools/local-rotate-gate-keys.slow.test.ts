import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { KEYS_FILE, openGateKeys } from '#local/secret-files.ts';

const TOOL = join(import.meta.dirname, '../../tools/local-rotate-gate-keys.mjs');

async function openFolder() {
  const cwd = await mkdtemp(join(tmpdir(), 'rotate-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const dataDir = join(cwd, '.workbench');
  await mkdir(dataDir);
  return { cwd, dataDir };
}

function run(cwd: string) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    execFile(process.execPath, [TOOL], { cwd, env: { PATH, NODE_COMPILE_CACHE } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

it('replaces the key, keeps the one before it, and prints neither', async () => {
  const { cwd, dataDir } = await openFolder();
  const before = await openGateKeys(dataDir, Date.now());
  const { code, stdout, stderr } = await run(cwd);
  expect([code, stderr]).toEqual([0, '']);
  const after = await openGateKeys(dataDir, Date.now());
  expect(after.previous).toBe(before.current);
  expect(after.current).not.toBe(before.current);
  for (const key of [before.current, after.current]) expect(stdout).not.toContain(key);
});

it('changes nothing while a server uses the folder', async () => {
  const { cwd, dataDir } = await openFolder();
  await openGateKeys(dataDir, Date.now());
  const before = await readFile(join(dataDir, KEYS_FILE), 'utf8');
  const lock = lockDataFolder(dataDir);
  onTestFinished(() => lock.release());
  const { code, stderr } = await run(cwd);
  expect([code, stderr]).toEqual([1, expect.stringContaining('Another server uses the data folder')]);
  expect(await readFile(join(dataDir, KEYS_FILE), 'utf8')).toBe(before);
});
