import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { stopped } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';

const TOOLS = join(import.meta.dirname, '../../tools');

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function run(tool: 'backup' | 'restore', cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = { cwd, env: { PATH, NODE_COMPILE_CACHE, ...env } };
    execFile(
      process.execPath,
      [join(TOOLS, `local-${tool}.mjs`), ...args],
      options,
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

/** Stores in the default data folder below `cwd`, as a running server has them. */
async function openServerData(cwd: string) {
  const dataDir = join(cwd, '.workbench');
  await mkdir(dataDir, { recursive: true });
  const lock = lockDataFolder(dataDir);
  const stores = openStores(join(dataDir, STATE_FILE), { telemetry: new TelemetryRecorder() });
  const close = async () => {
    await stores.close();
    lock.release();
  };
  onTestFinished(close);
  return { ...stores, dataDir, close };
}

it('copies the records of a running server, and restores them when it has ended', async () => {
  const cwd = await temporaryFolder();
  const server = await openServerData(cwd);
  await server.workbenches.create(stopped({ name: 'before' }));
  const backup = await run('backup', cwd, []);
  expect(backup).toMatchObject({ code: 0, stderr: '' });
  expect(backup.stdout).toContain('1 workbenches, ');
  expect(backup.stdout).toContain(`${join(server.dataDir, 'volumes')} are not part of it`);
  const [name = ''] = await readdir(join(server.dataDir, 'backups'));
  const file = join(server.dataDir, 'backups', name);
  expect(file).toMatch(/state-\d{8}T\d{9}Z\.db$/);
  await server.workbenches.update(stopped({ name: 'after', revision: 2 }), 1);

  const running = await run('restore', cwd, [file]);
  expect(running).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('in use by another server'),
  });
  await server.close();
  const restored = await run('restore', cwd, [file]);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toContain(`1 workbenches restored from ${file}.`);
  expect(restored.stdout).toContain(`The records before are in ${join(server.dataDir, 'replaced-')}`);
  const { workbenches } = await openServerData(cwd);
  expect((await workbenches.read(keyOf(stopped())))?.name).toBe('before');
});

it('writes the backup to a given file, of the data folder in .env', async () => {
  const cwd = await temporaryFolder();
  const dataDir = join(cwd, 'data');
  await writeFile(join(cwd, '.env'), `WB_DATA_DIR=${dataDir}\n`);
  const missing = await run('backup', cwd, ['copy.db']);
  expect(missing).toMatchObject({ code: 1, stderr: `${join(dataDir, STATE_FILE)} does not exist\n` });
  await mkdir(dataDir);
  await openStores(join(dataDir, STATE_FILE), { telemetry: new TelemetryRecorder() }).close();
  expect(await run('backup', cwd, ['copy.db'])).toMatchObject({ code: 0 });
  expect(await readdir(cwd)).toContain('copy.db');
});

it('refuses records in a table and invalid arguments', async () => {
  const cwd = await temporaryFolder();
  const table = await run('backup', cwd, [], { WB_TABLE_ENDPOINT: 'http://127.0.0.1:1' });
  expect(table).toMatchObject({ code: 1, stderr: expect.stringContaining('the records are in a table') });
  const invalid = await run('backup', cwd, [], { PORT: 'x' });
  expect(invalid).toMatchObject({ code: 1, stderr: expect.stringContaining('PORT') });
  const unnamed = await run('restore', cwd, []);
  expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining('FILE is required') });
  const two = await run('backup', cwd, ['a', 'b']);
  expect(two).toMatchObject({ code: 2, stderr: expect.stringContaining('one file') });
  const option = await run('backup', cwd, ['--fast']);
  expect(option).toMatchObject({ code: 2, stderr: expect.stringContaining("Unknown option '--fast'") });
  const help = await run('restore', cwd, ['--help']);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run local:restore -- FILE') });
});
