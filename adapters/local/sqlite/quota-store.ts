import type {
  KnownUser,
  LedgerPage,
  QuotaStore,
  StoredLedger,
  UserPage,
  UserQuota,
} from '#core/ports/quota-store.ts';
import { type Ledger, ledgerSchema } from '#core/quotas/ledger.ts';
import { formatScope, type QuotaLimits, type QuotaScope, quotaLimitsSchema } from '#core/quotas/limits.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

const PAGE = 100;

const INSERT = `INSERT INTO quota_ledgers (user_id, revision, ledger) VALUES (?, 1, ?)
  ON CONFLICT (user_id) DO NOTHING`;
const UPDATE = `UPDATE quota_ledgers SET ledger = ?, revision = revision + 1
  WHERE user_id = ? AND revision = ?`;

interface UserRow {
  readonly user_id: string;
  readonly groups: string;
}

/** Limits, ledgers and users in SQLite: one row per scope, and one of each kind per user. */
export class SqliteQuotaStore implements QuotaStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(userId: string, scopes: readonly QuotaScope[]): Promise<UserQuota> {
    assertWellFormed(userId);
    return this.#database.read((connection) => ({
      limits: scopes.flatMap((scope) => {
        const limits = readLimits(connection, scope);
        return limits === undefined ? [] : [{ scope, limits }];
      }),
      stored: readLedger(connection, userId),
      known: readUser(connection, userId),
    }));
  }

  async readLimits(scope: QuotaScope): Promise<QuotaLimits> {
    return this.#database.read((connection) => readLimits(connection, scope) ?? {});
  }

  async writeLimits(scope: QuotaScope, limits: QuotaLimits): Promise<void> {
    assertWellFormed(formatScope(scope));
    await this.#database.write((connection) => {
      connection.run(
        'INSERT OR REPLACE INTO quota_limits (scope, limits) VALUES (?, ?)',
        ...[formatScope(scope), JSON.stringify(limits)],
      );
    });
  }

  async readLedger(userId: string): Promise<StoredLedger | undefined> {
    assertWellFormed(userId);
    return this.#database.read((connection) => readLedger(connection, userId));
  }

  async writeLedger(
    userId: string,
    ledger: Ledger,
    expectedRevision: number | undefined,
  ): Promise<'written' | 'conflict'> {
    assertWellFormed(userId);
    const text = JSON.stringify(ledger);
    return this.#database.write((connection) => {
      const rows =
        expectedRevision === undefined
          ? connection.run(INSERT, userId, text)
          : connection.run(UPDATE, text, userId, expectedRevision);
      return rows === 1 ? 'written' : 'conflict';
    });
  }

  async listLedgers(cursor = ''): Promise<LedgerPage> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ user_id: string }>(
        'SELECT user_id FROM quota_ledgers WHERE user_id > ? ORDER BY user_id LIMIT ?',
        ...[cursor, PAGE],
      ),
    );
    const userIds = rows.map(({ user_id: userId }) => userId);
    const last = userIds.at(-1);
    return userIds.length < PAGE || last === undefined ? { userIds } : { userIds, cursor: last };
  }

  async saveUser({ userId, groups }: KnownUser): Promise<void> {
    assertWellFormed(userId, ...groups);
    await this.#database.write((connection) => {
      connection.run(
        'INSERT OR REPLACE INTO quota_users (user_id, groups) VALUES (?, ?)',
        ...[userId, JSON.stringify(groups)],
      );
    });
  }

  async listUsers({
    limit,
    after = '',
  }: {
    readonly limit: number;
    readonly after?: string;
  }): Promise<UserPage> {
    // One more than `limit` shows whether another page follows.
    const rows = await this.#database.read((connection) =>
      connection.all<UserRow>(
        'SELECT user_id, groups FROM quota_users WHERE user_id > ? ORDER BY user_id LIMIT ?',
        ...[after, limit + 1],
      ),
    );
    const users = rows.slice(0, limit).map(toUser);
    const last = users.at(-1)?.userId;
    return rows.length > limit && last !== undefined ? { users, next: last } : { users };
  }
}

function readUser(connection: Connection, userId: string): KnownUser | undefined {
  const row = connection.get<UserRow>('SELECT user_id, groups FROM quota_users WHERE user_id = ?', userId);
  return row === undefined ? undefined : toUser(row);
}

function toUser({ user_id: userId, groups }: UserRow): KnownUser {
  return { userId, groups: JSON.parse(groups) as string[] };
}

function readLimits(connection: Connection, scope: QuotaScope): QuotaLimits | undefined {
  const row = connection.get<{ limits: string }>(
    'SELECT limits FROM quota_limits WHERE scope = ?',
    formatScope(scope),
  );
  return row === undefined ? undefined : quotaLimitsSchema.parse(JSON.parse(row.limits));
}

function readLedger(connection: Connection, userId: string): StoredLedger | undefined {
  const row = connection.get<{ revision: number; ledger: string }>(
    'SELECT revision, ledger FROM quota_ledgers WHERE user_id = ?',
    userId,
  );
  if (row === undefined) return undefined;
  return { ledger: ledgerSchema.parse(JSON.parse(row.ledger)), revision: row.revision };
}
