import {
  USAGE_RETENTION_MS,
  type UsageEntry,
  type UsageStore,
  usageEntrySchema,
} from '#core/ports/usage-store.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';

const SAVE = `INSERT INTO usage (user_id, month, workbench_id, seq, revision, entry, expires_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (user_id, month, workbench_id, seq) DO UPDATE
  SET revision = excluded.revision, entry = excluded.entry WHERE revision <= excluded.revision`;
const LIST = `SELECT entry FROM usage WHERE user_id = ? AND month = ? AND workbench_id < ?
  ORDER BY workbench_id DESC, seq DESC LIMIT ?`;

/** Sorts after every workbench id. */
const LAST = '\u{10ffff}';

/** Usage in SQLite: one row per entry. */
export class SqliteUsageStore implements UsageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(entries: readonly UsageEntry[]): Promise<void> {
    await this.#database.write((connection) => {
      saveUsage(connection, entries);
    });
  }

  async list(
    userId: string,
    month: string,
    { limit, after = LAST }: { readonly limit: number; readonly after?: string },
  ): Promise<readonly UsageEntry[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ entry: string }>(LIST, userId, month, after, limit),
    );
    return rows.map(({ entry }) => usageEntrySchema.parse(JSON.parse(entry)));
  }
}

/** Stores entries as part of a write. */
export function saveUsage(connection: Connection, entries: readonly UsageEntry[]): void {
  for (const entry of entries) {
    const { userId, month, workbenchId, seq, revision } = entry;
    const expiresAt = Date.parse(`${month}-01T00:00:00Z`) + USAGE_RETENTION_MS;
    connection.run(SAVE, ...[userId, month, workbenchId, seq, revision, JSON.stringify(entry), expiresAt]);
  }
}
