import * as z from 'zod/mini';
import { REPORTS_LISTED_MAX, REPORTS_RETENTION_MS, type ReportStore } from '#core/ports/report-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { type ReconcileReport, reconcileReportSchema } from '#core/reconcile/report.ts';
import type { Database } from './database.ts';

/** Reports in SQLite: one row per report. */
export class SqliteReportStore implements ReportStore {
  readonly #database: Database;
  readonly #telemetry: Telemetry;

  constructor(database: Database, telemetry: Telemetry) {
    this.#database = database;
    this.#telemetry = telemetry;
  }

  async add(report: ReconcileReport): Promise<void> {
    const { endedAt, sweep } = report;
    const text = JSON.stringify(z.encode(reconcileReportSchema, report));
    await this.#database.write(
      (connection) =>
        connection.run(
          'INSERT OR REPLACE INTO reports (ended_at, sweep, report, expires_at) VALUES (?, ?, ?, ?)',
          ...[endedAt, sweep, text, endedAt + REPORTS_RETENTION_MS],
        ),
      'growing',
    );
  }

  async list(): Promise<readonly ReconcileReport[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ report: string }>(
        'SELECT report FROM reports ORDER BY ended_at DESC, sweep DESC LIMIT ?',
        REPORTS_LISTED_MAX,
      ),
    );
    return rows.flatMap(({ report }) => this.#parseOrReport(report) ?? []);
  }

  #parseOrReport(report: string): ReconcileReport | undefined {
    try {
      return reconcileReportSchema.parse(JSON.parse(report));
    } catch (error) {
      this.#telemetry.error('report is unreadable; skipped', {}, error);
      return undefined;
    }
  }
}
