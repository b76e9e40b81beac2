import {
  cutoffsExpireAt,
  NO_CUTOFFS,
  raiseCutoff,
  type SessionCutoffStore,
  type SessionCutoffs,
  sessionCutoffsSchema,
} from '#core/ports/session-cutoff-store.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

/** Cutoffs in SQLite: one row per user whose sessions were ended. */
export class SqliteSessionCutoffStore implements SessionCutoffStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async raise(userId: string, at: number, issuerSession?: string): Promise<void> {
    assertWellFormed(userId);
    await this.#database.write((connection) => {
      const cutoffs = raiseCutoff(readCutoffs(connection, userId), at, issuerSession);
      connection.run(
        'INSERT OR REPLACE INTO session_cutoffs (user_id, cutoffs, expires_at) VALUES (?, ?, ?)',
        ...[userId, JSON.stringify(cutoffs), cutoffsExpireAt(cutoffs)],
      );
    });
  }

  async read(userId: string): Promise<SessionCutoffs> {
    assertWellFormed(userId);
    return this.#database.read((connection) => readCutoffs(connection, userId));
  }
}

function readCutoffs(connection: Connection, userId: string): SessionCutoffs {
  const row = connection.get<{ cutoffs: string }>(
    'SELECT cutoffs FROM session_cutoffs WHERE user_id = ?',
    userId,
  );
  return row === undefined ? NO_CUTOFFS : sessionCutoffsSchema.parse(JSON.parse(row.cutoffs));
}
