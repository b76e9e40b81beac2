import { granteeKey } from '#core/access/grantee.ts';
import {
  LINK_KEPT_MS,
  type RedeemedShare,
  type ShareLink,
  type ShareLinkKey,
  type ShareLinkStore,
  storedLinkSchema,
} from '#core/ports/share-link-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { PUT_SHARE, shareValues } from './share-store.ts';

/** No key of a grantee begins with it. */
const LINK_PREFIX = 'link#';

const READ = `SELECT grantee AS sortKey, share AS link FROM shares WHERE workbench_id = ? AND grantee = ?`;
const LIST = `SELECT grantee AS sortKey, share AS link FROM shares
  WHERE workbench_id = ? AND grantee >= '${LINK_PREFIX}' AND grantee < 'link$'`;
const CREATED_AT = `SELECT share ->> '$.createdAt' AS createdAt FROM shares WHERE workbench_id = ? AND grantee = ?`;
const COUNT_USE = `UPDATE shares SET share = json_set(share, '$.usesLeft', share ->> '$.usesLeft' - 1)
  WHERE workbench_id = ? AND grantee = ? AND share ->> '$.usesLeft' = ?`;

/** The statements that read, so that a test can check the index that each uses. */
export const LINK_STATEMENTS = { READ, LIST };

interface LinkRow {
  readonly sortKey: string;
  readonly link: string;
}

/** Links in SQLite: rows of the table of shares, as in DynamoDB. A share is never read from one. */
export class SqliteShareLinkStore implements ShareLinkStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({ workbenchId, linkId, ...stored }: ShareLink): Promise<void> {
    const keptUntil = stored.redeemableUntil + LINK_KEPT_MS;
    const values = [workbenchId, LINK_PREFIX + linkId, JSON.stringify(stored), keptUntil];
    await this.#database.write((connection) => connection.run(PUT_SHARE, ...values), 'growing');
  }

  async read({ workbenchId, linkId }: ShareLinkKey): Promise<ShareLink | undefined> {
    const row = await this.#database.read((connection) =>
      connection.get<LinkRow>(READ, workbenchId, LINK_PREFIX + linkId),
    );
    return row === undefined ? undefined : parseLink(workbenchId, row);
  }

  async listByWorkbench(workbenchId: string): Promise<readonly ShareLink[]> {
    const rows = await this.#database.read((connection) => connection.all<LinkRow>(LIST, workbenchId));
    return rows.map((row) => parseLink(workbenchId, row));
  }

  async redeem(
    { workbenchId, linkId, usesLeft }: ShareLink,
    { share, replaces }: RedeemedShare,
  ): Promise<'done' | 'refused'> {
    if (usesLeft < 1) return 'refused';
    return await this.#database.write((connection) => {
      if (readCreatedAt(connection, share) !== replaces?.createdAt) return 'refused';
      if (connection.run(COUNT_USE, workbenchId, LINK_PREFIX + linkId, usesLeft) === 0) return 'refused';
      connection.run(PUT_SHARE, ...shareValues(share));
      return 'done';
    }, 'growing');
  }

  async delete({ workbenchId, linkId }: ShareLinkKey): Promise<void> {
    await this.#database.write((connection) =>
      connection.run(
        'DELETE FROM shares WHERE workbench_id = ? AND grantee = ?',
        ...[workbenchId, LINK_PREFIX + linkId],
      ),
    );
  }
}

function readCreatedAt(connection: Connection, { workbenchId, grantee }: Share): number | undefined {
  const values = [workbenchId, granteeKey(grantee)];
  return connection.get<{ createdAt: number }>(CREATED_AT, ...values)?.createdAt;
}

function parseLink(workbenchId: string, { sortKey, link }: LinkRow): ShareLink {
  const stored = JSON.parse(link) as { readonly usesLeft: number };
  return {
    workbenchId,
    linkId: sortKey.slice(LINK_PREFIX.length),
    ...storedLinkSchema.parse(stored),
    usesLeft: stored.usesLeft,
  };
}
