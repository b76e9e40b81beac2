import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '#adapters/http-server/listen.ts';
import { type Shortage, shortageOf } from '#adapters/local/no-space.ts';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { RESERVE_BYTES } from '#adapters/local/sqlite/reserve.ts';
import { FORMER_TABLE, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { isFolderName } from '#adapters/local/workbench-id.ts';
import { errorCode } from '#adapters/system-error.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * Creates the data folder if it does not exist, with mode 0700, because it contains users' files and keys, and locks it
 * until the shutdown.
 * @throws StartError
 */
export async function openDataFolder(dataDir: string, shutdown: Shutdown): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const lock = lockDataFolder(dataDir);
    shutdown.add(async () => lock.release());
  } catch (error) {
    if (!(error instanceof DataDirectoryLocked)) throw unusableFolder(dataDir, error);
    throw new StartError(
      `Another server uses the data folder ${dataDir}. Stop it, or set WB_DATA_DIR (and PORT) for this one.`,
      error,
    );
  }
}

const SHORTAGES: Readonly<Record<Shortage, string>> = {
  space: `its disk has not enough space. Free ${Math.ceil(RESERVE_BYTES / 2 ** 20)} MiB`,
  inodes: 'its file system has no inodes left. Delete files that are not needed',
  quota: 'the quota of its user is used up. Delete files that are not needed',
  'read-only': 'its file system is read-only. Mount it for writing',
};

/** Returns the error for a folder that cannot be created, read or written. */
export function unusableFolder(dataDir: string, error: unknown): StartError {
  const existing = findExistingFolder(dataDir);
  const shortage = existing === undefined ? undefined : shortageOf(existing, error);
  if (shortage !== undefined)
    return new StartError(
      `The data folder ${dataDir} cannot be used: ${SHORTAGES[shortage]}, or set WB_DATA_DIR to another folder.`,
      error,
    );
  const cause = error instanceof Error ? error.message : String(error);
  return new StartError(
    `The data folder ${dataDir} cannot be created or written (${cause}). Set WB_DATA_DIR to another folder.`,
    error,
  );
}

/** Returns the folder itself or the nearest one above it; undefined if there is something else with that name. */
function findExistingFolder(folder: string): string | undefined {
  if (existsSync(folder)) return statSync(folder).isDirectory() ? folder : undefined;
  return findExistingFolder(dirname(folder));
}

/** Whether the folder has files of workbenches. Without their records, the sweeps would take them for orphans. */
export function hasVolumes(dataDir: string): boolean {
  return listVolumes(dataDir).length > 0;
}

/** Returns the ids of the workbenches whose files the folder has. */
export function listVolumes(dataDir: string): readonly string[] {
  return listNames(join(dataDir, 'volumes')).filter(isFolderName);
}

/** Whether the folder has the records of an earlier version, which were not imported. */
export function hasFormerTable(dataDir: string): boolean {
  return statSync(join(dataDir, FORMER_TABLE), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Creates a file with the name of the folder in which earlier versions have their records, if there is neither. An
 * earlier version would create an empty folder, and quarantine the files of all workbenches.
 */
export function keepEarlierVersionsOut(dataDir: string): void {
  try {
    writeFileSync(
      join(dataDir, FORMER_TABLE),
      `The records are in ${STATE_FILE}. This file keeps earlier versions from starting.\n`,
      { flag: 'wx', mode: 0o600 },
    );
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
