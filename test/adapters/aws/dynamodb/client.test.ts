import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { stopped } from '#test/builders/workbench.ts';
import { RecordedTelemetry } from './table-under-test.ts';

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

describe('the client of the table', () => {
  let server: Server;
  let endpoint: string;
  let requests = 0;
  let answer: 'nothing' | 'throttled';

  beforeEach(async () => {
    requests = 0;
    answer = 'nothing';
    server = createServer((_, response) => {
      requests += 1;
      if (answer === 'nothing') return;
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

  const storeOver = (client: ReturnType<typeof tableClient>) =>
    new DynamoWorkbenchStore(client, 'workbenches', new RecordedTelemetry());

  it('gives up on a server that does not answer, after three attempts', async () => {
    const client = tableClient({ endpoint, region: 'local', credentials, requestTimeoutMs: 50 });
    await expect(storeOver(client).create(stopped())).rejects.toMatchObject({
      name: 'PortError',
      kind: 'unavailable',
    });
    expect(requests).toBe(3);
    client.destroy();
  });

  it('tries a throttled call again, and no more than three times in all', async () => {
    answer = 'throttled';
    const client = tableClient({ endpoint, region: 'local', credentials });
    await expect(storeOver(client).ping()).rejects.toMatchObject({ name: 'PortError' });
    expect(requests).toBe(3);
    client.destroy();
  });

  it('says unavailable when nobody listens', async () => {
    const client = tableClient({ endpoint: 'http://127.0.0.1:1', region: 'local', credentials });
    await expect(storeOver(client).ping()).rejects.toMatchObject({ kind: 'unavailable' });
    client.destroy();
  });
});
