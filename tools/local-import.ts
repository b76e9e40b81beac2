/**
 * `npm run local:import`: imports the records of an earlier version, which kept them in an embedded DynamoDB, once.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { LocalTelemetry } from '#adapters/local/local-telemetry.ts';
import { BackupRefused, restoreBackup } from '#adapters/local/sqlite/backup.ts';
import { Connection } from '#adapters/local/sqlite/connection.ts';
import { DataDirectoryLocked, lockDataFolder } from '#adapters/local/sqlite/data-folder-lock.ts';
import { removeWithSideFiles } from '#adapters/local/sqlite/files.ts';
import { DatabaseRefused, readVersion } from '#adapters/local/sqlite/opening.ts';
import { MIGRATIONS } from '#adapters/local/sqlite/schema.ts';
import { FORMER_TABLE, openStores, STATE_FILE } from '#adapters/local/sqlite/stores.ts';
import { keepEarlierVersionsOut } from '#local/data-folder.ts';
import { parseOptions, runTool, ToolError } from './command-line.ts';
import { openEmbeddedTable } from './embedded-table/embedded-table.ts';
import { readDataFolder, readTableName, SETTINGS_ERRORS, timeForFileName } from './local/data-folder.ts';
import { type ImportedItems, importTable } from './local/import-table.ts';

const HELP = `npm run local:import

Imports the records of local mode that an earlier version wrote into <WB_DATA_DIR>/table, once. Stop the server first.
The folder is renamed to table-imported-<time>; delete it when everything is as it should be.
`;

/** The name of a value in `meta`, which an import has in common with its draft. */
const IMPORT_ID = 'import_id';

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
    const draft = join(dataDir, 'import.db');
    const importedBefore = existsSync(path) && isImportOf(path, draft);
    if (existsSync(path) && !importedBefore)
      throw new ToolError(
        `${path} exists: the folder has records in the present format. To import the former ones instead, move it away.`,
      );
    const summary = importedBefore
      ? 'The records were imported before; the import was not ended.'
      : describe(await importInto(draft, former, path));
    const kept = `${former}-imported-${timeForFileName()}`;
    renameSync(former, kept);
    keepEarlierVersionsOut(dataDir);
    removeWithSideFiles(draft);
    console.log(summary);
    console.log(`The former records are in ${kept}. Delete it when everything is as it should be.`);
  } finally {
    lock.release();
  }
}, [BackupRefused, DatabaseRefused, DataDirectoryLocked, ...SETTINGS_ERRORS]);

/**
 * Imports into a draft, which is copied to `path` only when it is complete. The draft exists until the former folder is
 * renamed, so that another run can end the import.
 */
async function importInto(draft: string, former: string, path: string): Promise<ImportedItems> {
  const table = await openEmbeddedTable({ path: former, tableName: readTableName() });
  const client = createTableClient(table.clientOptions);
  try {
    removeWithSideFiles(draft);
    const stores = openStores(draft, { telemetry: new LocalTelemetry() });
    let imported: ImportedItems;
    try {
      imported = await importTable(client, table.tableName, stores);
      await stores.database.write((connection) =>
        connection.run('INSERT INTO meta (name, value) VALUES (?, ?)', IMPORT_ID, randomUUID()),
      );
    } finally {
      await stores.close();
    }
    const total = Object.values(imported).reduce((sum, count) => sum + count, 0);
    if (total === 0)
      throw new ToolError(
        `the table ${table.tableName} in ${former} has no items. If the table has another name, set WB_TABLE_NAME. ` +
          'If there is nothing to import, delete the folder.',
      );
    restoreBackup(draft, path, `${path}-replaced`);
    return imported;
  } catch (error) {
    removeWithSideFiles(draft);
    throw error;
  } finally {
    client.destroy();
    await table.close();
  }
}

/** Whether the database at `path` is the copy of this draft, after which the import ended midway. */
function isImportOf(path: string, draft: string): boolean {
  if (!existsSync(draft)) return false;
  const id = readImportId(draft);
  return id !== undefined && id === readImportId(path);
}

function readImportId(path: string): string | undefined {
  const connection = new Connection(path, 'read-only');
  try {
    if (readVersion(connection, path, MIGRATIONS.length) === 0) return undefined;
    return connection.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', IMPORT_ID)?.value;
  } finally {
    connection.close();
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
