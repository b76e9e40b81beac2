/**
 * `npm run local:restore -- FILE`: replaces the records of local mode by a backup. The server must not run.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BackupRefused, REPLACED_PREFIX, restoreBackup } from '#adapters/local/sqlite/backup.ts';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { runTool, UsageError } from './command-line.ts';
import { parseFileArgument, readDataFolder, SETTINGS_ERRORS, timeForFileName } from './local/data-folder.ts';

const HELP = `npm run local:restore -- FILE

Replaces the records of local mode by a backup that \`npm run local:backup\` wrote. Stop the server first. The present
records are kept in <WB_DATA_DIR>/replaced-<time>/. A workbench that was created after the backup has no record then;
the reconciler quarantines its files.

  FILE   the backup
`;

await runTool(async () => {
  const { help, file } = parseFileArgument(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return;
  }
  if (file === undefined) throw new UsageError('FILE is required');
  const dataDir = readDataFolder();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDataFolder(dataDir);
  try {
    const path = join(dataDir, STATE_FILE);
    const movedTo = join(dataDir, `${REPLACED_PREFIX}${timeForFileName()}`);
    const { workbenches, replaced } = restoreBackup(file, path, movedTo);
    console.log(`${workbenches} workbenches restored from ${file}.`);
    if (replaced) console.log(`The records before are in ${movedTo}.`);
  } finally {
    lock.release();
  }
}, [BackupRefused, DatabaseRefused, DataDirectoryLocked, ...SETTINGS_ERRORS]);
