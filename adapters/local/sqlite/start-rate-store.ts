import { START_COUNT_RETENTION_MS, type StartRateStore } from '#core/ports/start-rate-store.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

const COUNT = `INSERT INTO starts (user_id, minute, count, expires_at) VALUES (?, ?, 1, ?)
  ON CONFLICT (user_id, minute) DO UPDATE SET count = count + 1 WHERE count < ?`;

/** Numbers of starts in SQLite: one row per user and minute. */
export class SqliteStartRateStore implements StartRateStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async count(userId: string, minute: number, max: number): Promise<'counted' | 'full'> {
    assertWellFormed(userId);
    return this.#database.write((connection) =>
      connection.run(COUNT, userId, minute, minute + START_COUNT_RETENTION_MS, max) === 1
        ? 'counted'
        : 'full',
    );
  }
}
