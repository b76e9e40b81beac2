import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PRIMARY_KEYS } from '#adapters/local/sqlite/expired-rows.ts';
import { openStoresForTest, temporaryFolder } from './open-stores.ts';

it('deletes the expired rows of every table that has the column expires_at', async () => {
  const { database } = openStoresForTest(join(await temporaryFolder(), 'state.db'));
  const tables = await database.read((connection) =>
    connection.all(
      `SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND columns.name = 'expires_at' ORDER BY tables.name`,
    ),
  );
  expect(tables.map((table) => (table as { readonly name: string }).name)).toEqual(
    Object.keys(PRIMARY_KEYS).toSorted(),
  );
});
