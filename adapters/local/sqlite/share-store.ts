import { type Grantee, granteeKey, granteeOfKey } from '#core/access/grantee.ts';
import { type Share, type ShareKey, type ShareStore, storedShareSchema } from '#core/ports/share-store.ts';
import type { Database } from './database.ts';

export const PUT_SHARE = `INSERT OR REPLACE INTO shares (workbench_id, grantee, share, expires_at) VALUES (?, ?, ?, ?)`;
const READ = `SELECT workbench_id AS workbenchId, shares.grantee AS grantee, share FROM shares
  JOIN (SELECT DISTINCT value ->> 0 AS wanted_id, value ->> 1 AS wanted_grantee FROM json_each(?))
  ON workbench_id = wanted_id AND shares.grantee = wanted_grantee`;
const LIST = `SELECT workbench_id AS workbenchId, grantee, share FROM shares WHERE workbench_id = ?`;
const LIST_BY_GRANTEE = `SELECT workbench_id AS workbenchId FROM shares
  WHERE grantee = ? AND workbench_id < ? ORDER BY workbench_id DESC LIMIT ?`;

/** The statements that read, so that a test can check the index that each uses. */
export const SHARE_STATEMENTS = { READ, LIST, LIST_BY_GRANTEE };

/** Sorts after every workbench id. */
const LAST = '\u{10ffff}';

interface ShareRow {
  readonly workbenchId: string;
  readonly grantee: string;
  readonly share: string;
}

/** Shares in SQLite: one row each. The links of a workbench are rows of the same table (share-link-store.ts). The list by grantee is an index of the same table and never stale. */
export class SqliteShareStore implements ShareStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(share: Share): Promise<void> {
    await this.#database.write((connection) => connection.run(PUT_SHARE, ...shareValues(share)), 'growing');
  }

  async read(keys: readonly ShareKey[]): Promise<readonly Share[]> {
    const wanted = JSON.stringify(keys.map(({ workbenchId, grantee }) => [workbenchId, granteeKey(grantee)]));
    const rows = await this.#database.read((connection) => connection.all<ShareRow>(READ, wanted));
    return rows.flatMap(parseShare);
  }

  async listByWorkbench(workbenchId: string): Promise<readonly Share[]> {
    const rows = await this.#database.read((connection) => connection.all<ShareRow>(LIST, workbenchId));
    return rows.flatMap(parseShare);
  }

  async listByGrantee(
    grantee: Grantee,
    { limit, after = LAST }: { limit: number; after?: string },
  ): Promise<readonly string[]> {
    const rows = await this.#database.read((connection) =>
      connection.all<{ workbenchId: string }>(LIST_BY_GRANTEE, granteeKey(grantee), after, limit),
    );
    return rows.map(({ workbenchId }) => workbenchId);
  }

  async delete({ workbenchId, grantee }: ShareKey): Promise<void> {
    await this.#database.write((connection) =>
      connection.run(
        'DELETE FROM shares WHERE workbench_id = ? AND grantee = ?',
        ...[workbenchId, granteeKey(grantee)],
      ),
    );
  }

  async deleteByLink({ workbenchId, grantee }: ShareKey, linkId: string): Promise<void> {
    await this.#database.write((connection) =>
      connection.run(
        "DELETE FROM shares WHERE workbench_id = ? AND grantee = ? AND share ->> '$.linkId' = ?",
        ...[workbenchId, granteeKey(grantee), linkId],
      ),
    );
  }

  async deleteAll(workbenchId: string): Promise<void> {
    await this.#database.write((connection) =>
      connection.run('DELETE FROM shares WHERE workbench_id = ?', workbenchId),
    );
  }
}

/** The values of PUT_SHARE. */
export function shareValues(share: Share): readonly (string | number | null)[] {
  const { workbenchId, grantee, ...stored } = share;
  return [workbenchId, granteeKey(grantee), JSON.stringify(stored), stored.expiresAt ?? null];
}

/** The share of a row; nothing for a link, which is a row of the same table. */
function parseShare(row: ShareRow): readonly Share[] {
  const grantee = granteeOfKey(row.grantee);
  if (grantee === undefined) return [];
  return [{ workbenchId: row.workbenchId, grantee, ...storedShareSchema.parse(JSON.parse(row.share)) }];
}
