import { once } from 'node:events';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { idAt, starting, T0 } from '#test/builders/workbench.ts';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

/**
 * A program that opens a table and writes records until it is killed. It prints the id of each record after the
 * write was acknowledged. If it cannot open the table, it prints the code of the error.
 */
const silent = { info() {}, warn() {}, error() {}, count() {} };

try {
  const table = await openEmbeddedTable({ path: String(process.argv[2]) });
  const store = new DynamoWorkbenchStore(createTableClient(table.clientOptions), table.tableName, silent);
  process.stdout.write('open\n');
  for (let n = 0; ; n++) {
    const workbench = starting({ workbenchId: idAt(T0, n) });
    await store.create(workbench);
    if (!process.stdout.write(`${workbench.workbenchId}\n`)) await once(process.stdout, 'drain');
  }
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code ?? String(error)}\n`);
  process.exit(1);
}
