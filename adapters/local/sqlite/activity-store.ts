import { ACTIVITY_RETENTION_MS, type ActivityStore } from '#core/ports/activity-store.ts';
import type { Database } from './database.ts';

const RECORD = `INSERT INTO activity (workbench_id, seen, expires_at) VALUES (?, ?, ?)
  ON CONFLICT (workbench_id) DO UPDATE SET seen = excluded.seen, expires_at = excluded.expires_at
  WHERE seen < excluded.seen`;

const READ = `SELECT workbench_id AS workbenchId, seen FROM activity
  WHERE workbench_id IN (SELECT value FROM json_each(?))`;

/** The last activity in SQLite: one row per workbench. */
export class SqliteActivityStore implements ActivityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async record(workbenchId: string, at: number): Promise<void> {
    // Nothing depends on it, so that it does not use the space that is reserved for necessary writes.
    await this.#database.write(
      (connection) => connection.run(RECORD, workbenchId, at, at + ACTIVITY_RETENTION_MS),
      'growing',
    );
  }

  async read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ workbenchId: string; seen: number }>(READ, JSON.stringify(workbenchIds)),
    );
    return new Map(rows.map(({ workbenchId, seen }) => [workbenchId, seen]));
  }

  async delete(workbenchId: string): Promise<void> {
    await this.#database.write((connection) =>
      connection.run('DELETE FROM activity WHERE workbench_id = ?', workbenchId),
    );
  }
}
