/**
 * `npm run local:backup [-- FILE]`: copies the records of local mode into one file, also while the server runs.
 */
import { join } from 'node:path';
import { BackupRefused, writeBackup } from '#adapters/local/sqlite/backup.ts';
import { DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { runTool } from './command-line.ts';
import { parseFileArgument, readDataFolder, SETTINGS_ERRORS, timeForFileName } from './local/data-folder.ts';

const HELP = `npm run local:backup [-- FILE]

Copies the records of local mode (workbenches, histories, idempotency keys, reports) into one file, also while the
server runs. The files of workbenches are not part of it: copy the folder volumes/ by other means.

  FILE   the new file (default <WB_DATA_DIR>/backups/state-<time>.db)
`;

await runTool(async () => {
  const { help, file } = parseFileArgument(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return;
  }
  const dataDir = readDataFolder();
  const target = file ?? join(dataDir, 'backups', `state-${timeForFileName()}.db`);
  const startedAt = performance.now();
  const { bytes, workbenches } = writeBackup(join(dataDir, STATE_FILE), target);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${workbenches} workbenches, ${bytes} bytes, in ${seconds} s: ${target}`);
  console.log(`The files of workbenches in ${join(dataDir, 'volumes')} are not part of it.`);
}, [BackupRefused, DatabaseRefused, ...SETTINGS_ERRORS]);
