import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { stopped } from '#test/builders/workbench.ts';
import { RecordedTelemetry } from './table-under-test.ts';

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

describe('the client of the table', () => {
  let server: Server;
  let endpoint: string;
  let requests = 0;
  let behaviour: 'no response' | 'throttled';

  beforeEach(async () => {
    requests = 0;
    behaviour = 'no response';
    server = createServer((_, response) => {
      requests += 1;
      if (behaviour === 'no response') return;
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException' }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const storeWith = (client: ReturnType<typeof createTableClient>) =>
    new DynamoWorkbenchStore(client, 'workbenches', new RecordedTelemetry());

  it('fails after three attempts without a response', async () => {
    const client = createTableClient({ endpoint, region: 'local', credentials, requestTimeoutMs: 50 });
    await expect(storeWith(client).create(stopped())).rejects.toMatchObject({
      name: 'PortError',
      kind: 'unavailable',
    });
    expect(requests).toBe(3);
    client.destroy();
  });

  it('retries a throttled call, with three attempts in all', async () => {
    behaviour = 'throttled';
    const client = createTableClient({ endpoint, region: 'local', credentials });
    await expect(storeWith(client).ping()).rejects.toMatchObject({ name: 'PortError' });
    expect(requests).toBe(3);
    client.destroy();
  });

  it('is unavailable if the connection is refused', async () => {
    const client = createTableClient({ endpoint: 'http://127.0.0.1:1', region: 'local', credentials });
    await expect(storeWith(client).ping()).rejects.toMatchObject({ kind: 'unavailable' });
    client.destroy();
  });
});
