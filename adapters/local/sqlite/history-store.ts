import * as z from 'zod/mini';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { HISTORY_ENTRIES_MAX, type HistoryStore } from '#core/ports/workbench-store.ts';
import { type HistoryEntry, historyEntrySchema } from '#core/workbench/history.ts';
import type { Database } from './database.ts';

/** Histories in SQLite: one row per entry. Writing an entry again changes neither the entry nor its expiry. */
export class SqliteHistoryStore implements HistoryStore {
  readonly #database: Database;
  readonly #telemetry: Telemetry;

  constructor(database: Database, telemetry: Telemetry) {
    this.#database = database;
    this.#telemetry = telemetry;
  }

  async append(workbenchId: string, entries: readonly HistoryEntry[]): Promise<void> {
    // As they were stored in the record: with fields and values that this version does not know.
    const rows = entries.map((entry) => ({
      seq: entry.seq,
      text: JSON.stringify(z.encode(historyEntrySchema, entry)),
    }));
    await this.#database.write((connection) => {
      for (const { seq, text } of rows)
        connection.run(
          'INSERT INTO history (workbench_id, seq, entry) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          ...[workbenchId, seq, text],
        );
      connection.run(
        `DELETE FROM history WHERE workbench_id = ?1
          AND seq <= (SELECT max(seq) FROM history WHERE workbench_id = ?1) - ?2`,
        ...[workbenchId, HISTORY_ENTRIES_MAX],
      );
    });
  }

  async list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ entry: string }>(
        'SELECT entry FROM history WHERE workbench_id = ? ORDER BY seq DESC LIMIT ?',
        ...[workbenchId, HISTORY_ENTRIES_MAX],
      ),
    );
    return rows.flatMap(({ entry }) => this.#parseOrReport(workbenchId, entry) ?? []);
  }

  async expire(workbenchId: string, at: number): Promise<void> {
    await this.#database.write((connection) =>
      connection.run('UPDATE history SET expires_at = ? WHERE workbench_id = ?', at, workbenchId),
    );
  }

  #parseOrReport(workbenchId: string, entry: string): HistoryEntry | undefined {
    try {
      return historyEntrySchema.parse(JSON.parse(entry));
    } catch (error) {
      this.#telemetry.error('history entry is unreadable; skipped', { workbenchId }, error);
      this.#telemetry.count('unreadable_history_entry', 1);
      return undefined;
    }
  }
}
