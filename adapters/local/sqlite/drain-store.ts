import {
  DRAINS_MAX,
  type DrainStore,
  type MachineDrain,
  machineDrainSchema,
} from '#core/ports/drain-store.ts';
import type { Database } from './database.ts';

/** Drains in SQLite: one row per machine. */
export class SqliteDrainStore implements DrainStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(drain: MachineDrain): Promise<void> {
    await this.#database.write((connection) => {
      connection.run(
        'INSERT OR REPLACE INTO drains (machine_id, drain) VALUES (?, ?)',
        ...[drain.machineId, JSON.stringify(drain)],
      );
    });
  }

  async remove(machineId: string): Promise<void> {
    await this.#database.write((connection) => {
      connection.run('DELETE FROM drains WHERE machine_id = ?', machineId);
    });
  }

  async list(): Promise<readonly MachineDrain[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ drain: string }>('SELECT drain FROM drains LIMIT ?', DRAINS_MAX),
    );
    return rows.map(({ drain }) => machineDrainSchema.parse(JSON.parse(drain)));
  }
}
