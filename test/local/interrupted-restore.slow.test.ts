import fs, { cpSync, existsSync, readdirSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import { restoreBackup, writeBackup } from '#adapters/local/sqlite/backup.ts';
import { openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { keyOf } from '#core/workbench/workbench.ts';
import { openData } from '#local/data.ts';
import { Shutdown } from '#local/shutdown.ts';
import { stopped } from '#test/builders/workbench.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

const REPLACED = 'replaced-20260301T120000000Z';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'restore-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a data folder as a killed server leaves it, whose record is in its log alone, and an older backup of it. */
async function killedServer(): Promise<{ dataDir: string; backup: string }> {
  const running = await temporaryFolder();
  const dataDir = await temporaryFolder();
  const backup = join(await temporaryFolder(), 'backup.db');
  const stores = openStores(join(running, STATE_FILE), { telemetry: new TelemetryRecorder() });
  await stores.workbenches.create(stopped({ name: 'backup' }));
  writeBackup(join(running, STATE_FILE), backup);
  await stores.workbenches.update(stopped({ name: 'newest', revision: 2 }), 1);
  cpSync(running, dataDir, { recursive: true });
  await stores.close();
  return { dataDir, backup };
}

const CHANGES = [
  'copyFileSync',
  'chmodSync',
  'fsyncSync',
  'linkSync',
  'mkdirSync',
  'renameSync',
  'rmSync',
] as const;

/** Runs `act`, and lets every change of the file system after the first `count` fail. Returns whether there were more. */
function endAfter(count: number, act: () => void): boolean {
  const original = Object.fromEntries(CHANGES.map((name) => [name, fs[name]]));
  let done = 0;
  for (const name of CHANGES) {
    const change = original[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        done += 1;
        if (done > count) throw new Error('killed');
        return change(...args);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    act();
  } catch (error) {
    if ((error as Error).message !== 'killed') throw error;
  } finally {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  }
  return done > count;
}

/** Starts on the folder and returns the name of the workbench, or the message of the refusal. */
async function start(dataDir: string): Promise<{ name?: string; refusal?: string }> {
  const shutdown = new Shutdown();
  const settings = {
    dataDir,
    tableEndpoint: undefined,
    functions: { WB_TABLE_NAME: 'workbenches', WB_AUDIT_DAYS: 90 },
  };
  const telemetry = new TelemetryRecorder();
  try {
    const { workbenches } = await openData(settings, telemetry, shutdown);
    expect(telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
    const name = (await workbenches.read(keyOf(stopped())))?.name;
    return name === undefined ? {} : { name };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { refusal: error.message };
  } finally {
    await shutdown.run();
  }
}

test('a restore that ends midway leaves all records before, or refuses the start and names their folder', async () => {
  const { dataDir: killed, backup } = await killedServer();
  const seen = new Set<string>();
  let interrupted = true;
  for (let count = 0; interrupted; count += 1) {
    const dataDir = await temporaryFolder();
    cpSync(killed, dataDir, { recursive: true });
    const replaced = join(dataDir, REPLACED);
    interrupted = endAfter(count, () => restoreBackup(backup, join(dataDir, STATE_FILE), replaced));
    const again = join(await temporaryFolder(), 'again');
    cpSync(dataDir, again, { recursive: true });
    const { name, refusal } = await start(dataDir);
    seen.add(name ?? 'refused');
    if (name === undefined) {
      expect(refusal, `after ${count} changes`).toContain(`is missing or empty. Nothing was changed.`);
      expect(refusal).toContain(`${replaced} has the records from before the last restore: move its files`);
      for (const file of readdirSync(replaced)) renameSync(join(replaced, file), join(dataDir, file));
      expect(await start(dataDir), `after ${count} changes`).toEqual({ name: 'newest' });
    }
    // The restore can be repeated.
    restoreBackup(backup, join(again, STATE_FILE), join(again, 'replaced-second'));
    expect(await start(again)).toEqual({ name: 'backup' });
  }
  expect([...seen]).toEqual(['newest', 'refused', 'backup']);
});

test('a first restore that ends midway refuses the start', async () => {
  const { backup } = await killedServer();
  const dataDir = await temporaryFolder();
  const path = join(dataDir, STATE_FILE);
  const restore = () => restoreBackup(backup, path, join(dataDir, REPLACED));
  for (let count = 0; !existsSync(`${path}.draft`); count += 1) expect(endAfter(count, restore)).toBe(true);
  expect((await start(dataDir)).refusal).toContain(`${path}.draft is from a restore that did not end.`);
});
