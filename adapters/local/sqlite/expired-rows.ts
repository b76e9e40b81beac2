import type { Connection } from './connection.ts';

/** `Database.write`. */
type Write = (act: (connection: Connection) => number) => Promise<number>;

/** The most rows that one transaction deletes. It blocks the process for some milliseconds. */
const BATCH_SIZE = 500;

/** The primary key of each table whose rows expire: all that have `expires_at`. */
export const PRIMARY_KEYS = {
  history: 'workbench_id, seq',
  idempotency: 'user_id, key',
  reports: 'ended_at, sweep',
  free_capacity: 'container_instance_id',
  starts: 'user_id, minute',
  activity: 'workbench_id',
  tickets: 'hash',
  session_cutoffs: 'user_id',
  shares: 'workbench_id, grantee',
  audit_events: 'at, id',
  audit_users: 'user_id, at, id',
  audit_once: 'id',
  start_times: 'week, kind, instance_type, bucket',
  usage: 'user_id, month, workbench_id, seq',
  run_reports: 'workbench_id, run_id',
};

const STATEMENTS = Object.entries(PRIMARY_KEYS).map(
  ([table, key]) => `DELETE FROM ${table} WHERE (${key}) IN
    (SELECT ${key} FROM ${table} WHERE expires_at <= ? LIMIT ?)`,
);

/**
 * Deletes the rows that have expired, as the TTL of a DynamoDB table does.
 * @param now milliseconds since 1970
 * @returns the number of deleted rows
 */
export async function deleteExpiredRows(write: Write, now: number): Promise<number> {
  let deleted = 0;
  for (const statement of STATEMENTS) {
    let changes: number;
    do {
      changes = await write((connection) => connection.run(statement, now, BATCH_SIZE));
      deleted += changes;
    } while (changes === BATCH_SIZE);
  }
  return deleted;
}

/** Deletes some of the rows that have expired, each table in a transaction of its own. */
export function deleteSomeExpiredRows(connection: Connection, now: number): void {
  for (const statement of STATEMENTS) connection.run(statement, now, BATCH_SIZE);
}
