/**
 * `npm run local:import`: imports the records of an earlier version, which kept them in an embedded DynamoDB, once.
 */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { BackupRefused, restoreBackup } from '#adapters/local/sqlite/backup.ts';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { DatabaseRefused } from '#adapters/local/sqlite/opening.ts';
import { FORMER_TABLE, openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { keepEarlierVersionsOut } from '#local/data-folder.ts';
import { LocalTelemetry } from '#local/telemetry.ts';
import { parseOptions, runTool, ToolError } from './command-line.ts';
import { openEmbeddedTable } from './embedded-table/embedded-table.ts';
import { readDataFolder, readTableName, SETTINGS_ERRORS, timeForFileName } from './local/data-folder.ts';
import { type ImportedItems, importTable } from './local/import-table.ts';

const HELP = `npm run local:import

Imports the records of local mode that an earlier version wrote into <WB_DATA_DIR>/table, once. Stop the server first.
The folder is renamed to table-imported-<time>; delete it when everything is as it should be.
`;

await runTool(async () => {
  const { help } = parseOptions(process.argv.slice(2), { help: { type: 'boolean', default: false } });
  if (help) {
    console.log(HELP);
    return;
  }
  const dataDir = readDataFolder();
  const former = join(dataDir, FORMER_TABLE);
  const path = join(dataDir, STATE_FILE);
  if (!(statSync(former, { throwIfNoEntry: false })?.isDirectory() ?? false))
    throw new ToolError(`${former} does not exist: there is nothing to import`);
  const lock = lockDataFolder(dataDir);
  try {
    if (existsSync(path))
      throw new ToolError(
        `${path} exists: the folder has records in the present format. To import the former ones instead, move it away.`,
      );
    const imported = await importInto(join(dataDir, 'import.db'), former, path);
    const kept = `${former}-imported-${timeForFileName()}`;
    renameSync(former, kept);
    keepEarlierVersionsOut(dataDir);
    console.log(describe(imported));
    console.log(`The former records are in ${kept}. Delete it when everything is as it should be.`);
  } finally {
    lock.release();
  }
}, [BackupRefused, DatabaseRefused, DataDirectoryLocked, ...SETTINGS_ERRORS]);

/** Imports into a draft, which gets its name only when it is complete and was checked. */
async function importInto(draft: string, former: string, path: string): Promise<ImportedItems> {
  const table = await openEmbeddedTable({ path: former, tableName: readTableName() });
  const client = createTableClient(table.clientOptions);
  rmSync(draft, { force: true });
  try {
    const stores = openStores(draft, { telemetry: new LocalTelemetry() });
    let imported: ImportedItems;
    try {
      imported = await importTable(client, table.tableName, stores);
    } finally {
      await stores.close();
    }
    const total = Object.values(imported).reduce((sum, count) => sum + count, 0);
    if (total === 0) throw new ToolError(`the table ${table.tableName} in ${former} has no items`);
    const { workbenches } = restoreBackup(draft, path, `${path}-replaced`);
    if (workbenches !== imported.workbenches + imported.unreadable)
      throw new Error(`${workbenches} workbenches were stored of ${JSON.stringify(imported)}`);
    return imported;
  } finally {
    rmSync(draft, { force: true });
    client.destroy();
    await table.close();
  }
}

function describe(imported: ImportedItems): string {
  const { workbenches, unreadable, historyEntries, idempotencyKeys, reports, others } = imported;
  return [
    `Imported ${workbenches} workbenches, ${historyEntries} history entries, ${idempotencyKeys} idempotency keys`,
    ` and ${reports} reports.`,
    unreadable === 0
      ? ''
      : ` ${unreadable} records are unreadable for this version; they were kept as they are.`,
    others === 0 ? '' : ` ${others} other items were not imported.`,
  ].join('');
}
