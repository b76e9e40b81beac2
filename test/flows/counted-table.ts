import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { openEmbeddedTable } from '#tools/embedded-table/embedded-table.ts';

export interface CountedTable {
  /** The URL of a DynamoDB in memory that accepts any credentials. */
  readonly endpoint: string;
  /** The operations that were called, in order. */
  readonly operations: string[];
}

/** Starts a DynamoDB in memory that counts its calls. It is closed when the test has ended. */
export async function openCountedTable(): Promise<CountedTable> {
  const table = await openEmbeddedTable({ tableName: 'unused' });
  onTestFinished(() => table.close());
  const { port } = new URL(table.endpoint);
  const operations: string[] = [];
  const server = createServer((received, response) => {
    operations.push(String(received.headers['x-amz-target']).split('.')[1] ?? '');
    const { accessKeyId = '' } = table.clientOptions.credentials ?? {};
    const authorization = received.headers.authorization?.replace(
      /Credential=[^/]*/,
      `Credential=${accessKeyId}`,
    );
    const forwarded = request(
      { port, host: '127.0.0.1', method: received.method, headers: { ...received.headers, authorization } },
      (result) => {
        response.writeHead(result.statusCode ?? 502, result.headers);
        result.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    received.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${address.port}`, operations };
}
