import {
  ACTIVITY_RETENTION_MS,
  type ActivityReport,
  type ActivityStore,
  type Evidence,
  evidenceOf,
  mergeReport,
  REPORT_RETENTION_MS,
  type StoredReport,
} from '#core/ports/activity-store.ts';
import type { Database } from './database.ts';

const RECORD = `INSERT INTO activity (workbench_id, seen, expires_at) VALUES (?, ?, ?)
  ON CONFLICT (workbench_id) DO UPDATE SET seen = excluded.seen, expires_at = excluded.expires_at
  WHERE seen < excluded.seen`;

const READ = `SELECT workbench_id AS workbenchId, seen FROM activity
  WHERE workbench_id IN (SELECT value FROM json_each(?))`;

const READ_REPORT = 'SELECT report FROM run_reports WHERE workbench_id = ? AND run_id = ?';

const WRITE_REPORT =
  'INSERT OR REPLACE INTO run_reports (workbench_id, run_id, report, expires_at) VALUES (?, ?, ?, ?)';

/** The activity in SQLite: one row per workbench for what the gate saw, and one for the reports of each run. */
export class SqliteActivityStore implements ActivityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async record(workbenchId: string, at: number): Promise<void> {
    // Nothing is lost by it that a person cannot repeat, so that it does not use the space that is reserved for necessary
    // writes.
    await this.#database.write(
      (connection) => connection.run(RECORD, workbenchId, at, at + ACTIVITY_RETENTION_MS),
      'growing',
    );
  }

  async report(workbenchId: string, runId: string, report: ActivityReport, now: number): Promise<void> {
    await this.#database.write((connection) => {
      const [row] = connection.all<{ report: string }>(READ_REPORT, workbenchId, runId);
      const merged = mergeReport(row === undefined ? undefined : toReport(row), report, now);
      if (merged === undefined) return;
      connection.run(WRITE_REPORT, workbenchId, runId, JSON.stringify(merged), now + REPORT_RETENTION_MS);
    }, 'growing');
  }

  async readEvidence(workbenchId: string, runId: string): Promise<Evidence> {
    return this.#database.read((connection) => {
      const [seen] = connection.all<{ seen: number }>(READ, JSON.stringify([workbenchId]));
      const [row] = connection.all<{ report: string }>(READ_REPORT, workbenchId, runId);
      return evidenceOf(seen?.seen, row === undefined ? undefined : toReport(row));
    });
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

function toReport(row: { readonly report: string }): StoredReport {
  return JSON.parse(row.report) as StoredReport;
}
