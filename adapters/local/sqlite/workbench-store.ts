import type { Telemetry } from '#core/ports/telemetry.ts';
import type { UsageEntry } from '#core/ports/usage-store.ts';
import { UnreadableRecord, type WorkbenchPage, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import type { Database } from './database.ts';
import { DecodedRecords } from './decoded-records.ts';
import { assertWellFormed } from './keys.ts';
import { type RecordRow, toIndexColumns, toRecordRow } from './record-row.ts';
import { saveUsage } from './usage-store.ts';

/** The most workbenches in a page of `listByUser`, and the size of a page of `listActive`. */
const PAGE_MAX = 100;
const DUE_MAX = 1_000;

interface KeyRow {
  readonly user_id: string;
  readonly workbench_id: string;
}

const INSERT = `INSERT INTO workbenches
  (user_id, workbench_id, revision, record, crc, due_at, active, instance_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, workbench_id) DO NOTHING`;
const READ = 'SELECT record, crc FROM workbenches WHERE user_id = ? AND workbench_id = ?';
const EXISTS = 'SELECT 1 AS found FROM workbenches WHERE user_id = ? AND workbench_id = ?';
const UPDATE = `UPDATE workbenches
  SET revision = ?, record = ?, crc = ?, due_at = ?, active = ?, instance_id = ?
  WHERE user_id = ? AND workbench_id = ? AND revision = ?`;
/** Updates the row in place: a deletion and an insertion could leave two records. */
const MOVE = `UPDATE workbenches
  SET user_id = ?, revision = ?, record = ?, crc = ?, due_at = ?, active = ?, instance_id = ?
  WHERE user_id = ? AND workbench_id = ? AND revision = ?`;
const OPEN_CLAIM = `SELECT 1 AS found FROM idempotency
  WHERE user_id = ? AND key = ? AND workbench_id = ? AND state = 'open'`;
const DELETE = 'DELETE FROM workbenches WHERE user_id = ? AND workbench_id = ? AND revision = ?';
const POSTPONE = `UPDATE workbenches SET due_at = ? WHERE user_id = ? AND workbench_id = ? AND due_at <= ?`;
const LIST = `SELECT workbench_id, record, crc FROM workbenches
  WHERE user_id = ? ORDER BY workbench_id DESC LIMIT ?`;
const LIST_AFTER = `SELECT workbench_id, record, crc FROM workbenches
  WHERE user_id = ? AND workbench_id < ? ORDER BY workbench_id DESC LIMIT ?`;
const LIST_DUE = `SELECT user_id, workbench_id FROM workbenches
  WHERE due_at <= ? ORDER BY due_at, workbench_id, user_id LIMIT ?`;
const LIST_DUE_AFTER = `SELECT user_id, workbench_id FROM workbenches
  WHERE due_at > ? ORDER BY due_at, workbench_id, user_id LIMIT ?`;
const LIST_ACTIVE = `SELECT user_id, workbench_id FROM workbenches
  WHERE active = 1 AND (workbench_id, user_id) > (?, ?) ORDER BY workbench_id, user_id LIMIT ?`;
const FIND_BY_ID = `SELECT user_id, workbench_id FROM workbenches
  WHERE workbench_id = ? ORDER BY user_id LIMIT 1`;
const FIND_BY_INSTANCE = 'SELECT user_id, workbench_id FROM workbenches WHERE instance_id = ? LIMIT 1';

/** Every statement of the store, so that a test can check the index that each uses. */
export const WORKBENCH_STATEMENTS = {
  READ,
  EXISTS,
  UPDATE,
  MOVE,
  OPEN_CLAIM,
  DELETE,
  POSTPONE,
  LIST,
  LIST_AFTER,
  LIST_DUE,
  LIST_DUE_AFTER,
  LIST_ACTIVE,
  FIND_BY_ID,
  FIND_BY_INSTANCE,
};

/** Records in SQLite: one row per record. The indexes are part of the same transaction and never stale. */
export class SqliteWorkbenchStore implements WorkbenchStore {
  readonly #database: Database;
  readonly #telemetry: Telemetry;
  readonly #decoded = new DecodedRecords();

  constructor(database: Database, telemetry: Telemetry) {
    this.#database = database;
    this.#telemetry = telemetry;
  }

  async create(workbench: Workbench, idempotencyKey?: string): Promise<'created' | 'exists'> {
    const { userId, workbenchId, revision } = workbench;
    assertWellFormed(userId, workbenchId);
    const { record, crc } = toRecordRow(workbench);
    const { dueAt, active, instanceId } = toIndexColumns(workbench);
    return this.#database.write((connection) => {
      const isClosed =
        idempotencyKey !== undefined &&
        connection.get(OPEN_CLAIM, userId, idempotencyKey, workbenchId) === undefined;
      if (isClosed) return 'exists';
      const values = [userId, workbenchId, revision, record, crc, dueAt, active, instanceId];
      return connection.run(INSERT, ...values) === 1 ? 'created' : 'exists';
    }, 'growing');
  }

  async move(
    workbench: Workbench,
    fromUserId: string,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'moved' | 'conflict'> {
    const { userId, workbenchId, revision } = workbench;
    assertWellFormed(userId, workbenchId);
    const { record, crc } = toRecordRow(workbench);
    const { dueAt, active, instanceId } = toIndexColumns(workbench);
    return this.#database.write((connection) => {
      if (connection.get(EXISTS, userId, workbenchId) !== undefined) return 'conflict';
      const values = [userId, revision, record, crc, dueAt, active, instanceId];
      const changes = connection.run(MOVE, ...values, fromUserId, workbenchId, expectedRevision);
      if (changes !== 1) return 'conflict';
      saveUsage(connection, closed);
      return 'moved';
    });
  }

  read(key: WorkbenchKey): Promise<Workbench | undefined> {
    return this.#database.read((connection) => {
      const row = connection.get<RecordRow>(READ, key.userId, key.workbenchId);
      return row === undefined ? undefined : this.#decoded.decode(key, row);
    });
  }

  async update(
    workbench: Workbench,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'updated' | 'conflict'> {
    const { userId, workbenchId, revision } = workbench;
    const { record, crc } = toRecordRow(workbench);
    const { dueAt, active, instanceId } = toIndexColumns(workbench);
    return this.#database.write((connection) => {
      const values = [revision, record, crc, dueAt, active, instanceId];
      const changes = connection.run(UPDATE, ...values, userId, workbenchId, expectedRevision);
      if (changes !== 1) return 'conflict';
      saveUsage(connection, closed);
      return 'updated';
    });
  }

  delete({ userId, workbenchId }: WorkbenchKey, expectedRevision: number): Promise<'deleted' | 'conflict'> {
    return this.#database.write((connection) => {
      if (connection.run(DELETE, userId, workbenchId, expectedRevision) === 1) return 'deleted';
      return connection.get(EXISTS, userId, workbenchId) === undefined ? 'deleted' : 'conflict';
    });
  }

  async listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage> {
    const { limit, after } = page;
    assertLimit(limit, PAGE_MAX);
    // One more than `limit` shows whether another page follows.
    const rows = await this.#database.read((connection) =>
      after === undefined
        ? connection.all<KeyRow & RecordRow>(LIST, userId, limit + 1)
        : connection.all<KeyRow & RecordRow>(LIST_AFTER, userId, after, limit + 1),
    );
    const listed = rows.slice(0, limit);
    const workbenches = listed.flatMap((row) => this.#parseOrReport(userId, row) ?? []);
    const last = listed.at(-1);
    return rows.length > limit && last !== undefined
      ? { workbenches, next: last.workbench_id }
      : { workbenches };
  }

  listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#listByDueTime(LIST_DUE, now, limit);
  }

  listDueAfter(after: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#listByDueTime(LIST_DUE_AFTER, after, limit);
  }

  async #listByDueTime(statement: string, time: number, limit: number): Promise<readonly WorkbenchKey[]> {
    assertLimit(limit, DUE_MAX);
    const rows = await this.#database.read((connection) => connection.all<KeyRow>(statement, time, limit));
    return rows.map(toKey);
  }

  async postpone({ userId, workbenchId }: WorkbenchKey, now: number, until: number): Promise<void> {
    await this.#database.write((connection) => connection.run(POSTPONE, until, userId, workbenchId, now));
  }

  /** The cursor is the last key of the page before. */
  async listActive(
    cursor?: string,
  ): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }> {
    const [workbenchId, userId] = cursor === undefined ? ['', ''] : decodeCursor(cursor);
    const rows = await this.#database.read((connection) =>
      connection.all<KeyRow>(LIST_ACTIVE, workbenchId, userId, PAGE_MAX + 1),
    );
    const keys = rows.slice(0, PAGE_MAX).map(toKey);
    const last = keys.at(-1);
    return rows.length > PAGE_MAX && last !== undefined ? { keys, cursor: encodeCursor(last) } : { keys };
  }

  findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#find(FIND_BY_ID, workbenchId);
  }

  /** Lists and indexes show every change at once, so that this key is always known. */
  findMoved(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#find(FIND_BY_ID, workbenchId);
  }

  findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#find(FIND_BY_INSTANCE, instanceId);
  }

  async ping(): Promise<void> {
    await this.#database.read((connection) => connection.get(EXISTS, '', ''));
  }

  async #find(statement: string, value: string): Promise<WorkbenchKey | undefined> {
    const row = await this.#database.read((connection) => connection.get<KeyRow>(statement, value));
    return row === undefined ? undefined : toKey(row);
  }

  #parseOrReport(userId: string, row: KeyRow & RecordRow): Workbench | undefined {
    const workbenchId = row.workbench_id;
    try {
      return this.#decoded.decode({ userId, workbenchId }, row);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      this.#telemetry.error('record is unreadable; left out of the list', { workbenchId }, error);
      this.#telemetry.count('unreadable_record', 1);
      return undefined;
    }
  }
}

function toKey({ user_id, workbench_id }: KeyRow): WorkbenchKey {
  return { userId: user_id, workbenchId: workbench_id };
}

function assertLimit(limit: number, max: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > max)
    throw new RangeError(`limit must be 1 to ${max}, not ${limit}`);
}

function encodeCursor({ workbenchId, userId }: WorkbenchKey): string {
  return Buffer.from(JSON.stringify([workbenchId, userId])).toString('base64url');
}

function decodeCursor(cursor: string): readonly [string, string] {
  const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  const [workbenchId, userId] = Array.isArray(parts) ? parts : [];
  if (typeof workbenchId !== 'string' || typeof userId !== 'string')
    throw new RangeError('invalid cursor; pass the cursor of the previous page');
  return [workbenchId, userId];
}
