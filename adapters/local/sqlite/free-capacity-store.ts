import {
  type CapacityVersion,
  FREE_CAPACITY_LISTED_MAX,
  FREE_CAPACITY_MAX_AGE_MS,
  type FreeCapacityStore,
  type InstanceFreeCapacity,
} from '#core/ports/free-capacity-store.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

interface CapacityRow {
  readonly container_instance_id: string;
  readonly version: number;
  readonly at: number;
  readonly capacity: string;
}

/**
 * Free capacity in SQLite: one row per shared instance. A removed instance leaves a row without capacity until
 * FREE_CAPACITY_MAX_AGE_MS has passed, so that a stale report cannot bring the instance back.
 */
export class SqliteFreeCapacityStore implements FreeCapacityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async save(instance: InstanceFreeCapacity): Promise<void> {
    const { containerInstanceId: _id, version: _version, at: _at, ...capacity } = instance;
    await this.#put(instance, JSON.stringify(capacity));
  }

  async remove(instance: CapacityVersion): Promise<void> {
    await this.#put(instance, null);
  }

  async list(now: number): Promise<readonly InstanceFreeCapacity[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<CapacityRow>(
        `SELECT container_instance_id, version, at, capacity FROM free_capacity
          WHERE capacity IS NOT NULL AND at > ? LIMIT ?`,
        ...[now - FREE_CAPACITY_MAX_AGE_MS, FREE_CAPACITY_LISTED_MAX],
      ),
    );
    return rows.map(({ container_instance_id, version, at, capacity }) => ({
      containerInstanceId: container_instance_id,
      ...(JSON.parse(capacity) as Omit<InstanceFreeCapacity, keyof CapacityVersion>),
      version,
      at,
    }));
  }

  async #put({ containerInstanceId, version, at }: CapacityVersion, capacity: string | null): Promise<void> {
    assertWellFormed(containerInstanceId);
    await this.#database.write(
      (connection) =>
        connection.run(
          `INSERT INTO free_capacity (container_instance_id, version, at, capacity, expires_at)
          VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (container_instance_id) DO UPDATE SET version = excluded.version, at = excluded.at,
            capacity = excluded.capacity, expires_at = excluded.expires_at
          WHERE excluded.version > version`,
          ...[containerInstanceId, version, at, capacity, at + FREE_CAPACITY_MAX_AGE_MS],
        ),
      'growing',
    );
  }
}
