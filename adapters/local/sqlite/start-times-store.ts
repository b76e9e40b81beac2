import {
  type CompletedStart,
  START_KINDS,
  START_TIMES_RETENTION_MS,
  START_TIMES_SPAN_MS,
  type StartTimes,
  type StartTimesStore,
} from '#core/ports/start-times-store.ts';
import { addCounts } from '#core/workbench/start-times.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

const ADD = `INSERT INTO start_times (week, kind, instance_type, bucket, count, expires_at) VALUES (?, ?, ?, ?, 1, ?)
  ON CONFLICT (week, kind, instance_type, bucket) DO UPDATE SET count = count + 1`;
const LIST = 'SELECT kind, instance_type, bucket, count FROM start_times WHERE week >= ?';

interface CountRow {
  readonly kind: string;
  readonly instance_type: string;
  readonly bucket: number;
  readonly count: number;
}

/** Counts of completed starts in SQLite: one row for each week, group and bucket. */
export class SqliteStartTimesStore implements StartTimesStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add({ kind, instanceType = '', at }: CompletedStart, bucket: number): Promise<void> {
    assertWellFormed(instanceType);
    const week = at - (at % START_TIMES_SPAN_MS);
    await this.#database.write((connection) => {
      connection.run(ADD, week, kind, instanceType, bucket, week + START_TIMES_RETENTION_MS);
    });
  }

  async list(from: number): Promise<readonly StartTimes[]> {
    const rows = await this.#database.read((connection) => connection.all<CountRow>(LIST, from));
    return addCounts(
      rows.flatMap(({ kind: word, instance_type: instanceType, bucket, count }) => {
        const kind = START_KINDS.find((known) => known === word);
        if (kind === undefined) return [];
        return [
          { kind, ...(instanceType === '' ? {} : { instanceType }), counts: new Map([[bucket, count]]) },
        ];
      }),
    );
  }
}
