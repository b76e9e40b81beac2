import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SeenWorkbench } from './ledger.ts';

/** The records in the data folder of a server that was killed. */
export interface StoredRecords {
  /** The result of SQLite's integrity check: `ok`. */
  readonly integrity: string;
  readonly byUser: ReadonlyMap<string, readonly SeenWorkbench[]>;
}

/**
 * Reads the records without the code of the product, which is under test, and from a copy, because SQLite writes when
 * it opens a database that was not closed.
 * @param folder an empty folder for the copy
 */
export async function readStoredRecords(dataDir: string, folder: string): Promise<StoredRecords> {
  await copyDatabase(dataDir, folder);
  const database = new DatabaseSync(join(folder, 'state.db'));
  try {
    const { integrity_check } = database.prepare('PRAGMA integrity_check').get() as {
      integrity_check: string;
    };
    const byUser = new Map<string, SeenWorkbench[]>();
    const rows = database.prepare('SELECT user_id, workbench_id, record FROM workbenches').all();
    for (const { user_id, workbench_id, record } of rows as Record<string, string>[]) {
      const { name, desired } = JSON.parse(record ?? '') as { name: string; desired: string };
      const item = { workbench_id: workbench_id ?? '', workbench_name: name, desired_status: desired };
      byUser.set(user_id ?? '', [...(byUser.get(user_id ?? '') ?? []), item]);
    }
    return { integrity: integrity_check, byUser };
  } finally {
    database.close();
  }
}

/** Copies the database of a server that does not run, with its write-ahead log. */
export async function copyDatabase(dataDir: string, folder: string): Promise<void> {
  await cp(join(dataDir, 'state.db'), join(folder, 'state.db'));
  await cp(join(dataDir, 'state.db-wal'), join(folder, 'state.db-wal'));
}
