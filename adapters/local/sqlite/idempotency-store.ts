import type { IdempotencyClaim, IdempotencyStore } from '#core/ports/workbench-store.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

interface ClaimRow {
  readonly workbench_id: string;
  readonly body_hash: string;
  readonly state: string;
  readonly completed_by: string | null;
  readonly expires_at: number;
}

/** Idempotency claims in SQLite. Each call is one transaction, so that no other call can come in between. */
export class SqliteIdempotencyStore implements IdempotencyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly claimed: boolean }> {
    const { userId, key, workbenchId, bodyHash, expiresAt } = claim;
    assertWellFormed(userId, key);
    return this.#database.write((connection) => {
      const existing = readClaim(connection, userId, key);
      if (existing !== undefined && existing.expires_at > now) {
        // This caller alone chose this workbench id, so that a claim with it is this caller's own.
        return { claim: toClaim(userId, key, existing), claimed: existing.workbench_id === workbenchId };
      }
      connection.run(
        `INSERT OR REPLACE INTO idempotency (user_id, key, workbench_id, body_hash, state, expires_at)
          VALUES (?, ?, ?, ?, 'open', ?)`,
        ...[userId, key, workbenchId, bodyHash, expiresAt],
      );
      return { claim: { userId, key, workbenchId, bodyHash, state: 'open', expiresAt }, claimed: true };
    }, 'growing');
  }

  complete(
    userId: string,
    key: string,
    workbenchId: string,
    completedBy: string,
  ): Promise<'completed' | 'already' | 'gone'> {
    return this.#database.write((connection) => {
      const existing = readClaim(connection, userId, key);
      if (existing?.workbench_id !== workbenchId) return 'gone';
      if (existing.state !== 'open') return existing.completed_by === completedBy ? 'completed' : 'already';
      connection.run(
        `UPDATE idempotency SET state = 'done', completed_by = ? WHERE user_id = ? AND key = ?`,
        ...[completedBy, userId, key],
      );
      return 'completed';
    });
  }
}

function readClaim(connection: Connection, userId: string, key: string): ClaimRow | undefined {
  return connection.get<ClaimRow>(
    `SELECT workbench_id, body_hash, state, completed_by, expires_at
      FROM idempotency WHERE user_id = ? AND key = ?`,
    ...[userId, key],
  );
}

function toClaim(userId: string, key: string, row: ClaimRow): IdempotencyClaim {
  // A state that this version does not know counts as done, so that no second workbench is created.
  const state = row.state === 'open' ? 'open' : 'done';
  return {
    userId,
    key,
    workbenchId: row.workbench_id,
    bodyHash: row.body_hash,
    state,
    expiresAt: row.expires_at,
  };
}
