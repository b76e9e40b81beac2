import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEcsClient } from '#adapters/aws/clients.ts';
import type { ConnectionOptions } from '#adapters/aws/connection.ts';
import { createEc2Client } from '#adapters/aws/ec2/clients.ts';
import { callAws } from '#adapters/aws/errors.ts';

/** A call of each service that changes a resource. */
const CALLS = {
  ecs: (options: ConnectionOptions) => {
    const client = createEcsClient(options);
    return { client, call: () => client.send(new StopTaskCommand({ task: 'task' })) };
  },
  ec2: (options: ConnectionOptions) => {
    const client = createEc2Client(options);
    return { client, call: () => client.send(new TerminateInstancesCommand({ InstanceIds: ['i-1'] })) };
  },
};
const SERVICES = ['ecs', 'ec2'] as const;

/** The throttling error of each service. */
const THROTTLES = {
  ecs: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
  ec2: '<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>',
};

describe('a call of a service for which a late retry may do harm', () => {
  let server: Server;
  let options: ConnectionOptions;
  let requests = 0;
  let responseBody: string | undefined;

  beforeEach(async () => {
    requests = 0;
    responseBody = undefined;
    server = createServer((_, response) => {
      requests += 1;
      if (responseBody === undefined) return;
      response.writeHead(responseBody.startsWith('{') ? 400 : 503);
      response.end(responseBody);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
    options = { endpoint, region: 'local', credentials };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(SERVICES)('is sent once if there is no response: %s', async (service) => {
    const { client, call } = CALLS[service]({ ...options, requestTimeoutMs: 1_000 });
    await expect(callAws(service, 'any', call)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(requests).toBe(1);
    client.destroy();
  });

  it.each(SERVICES)('is known to have had no effect if it was throttled: %s', async (service) => {
    responseBody = THROTTLES[service];
    const { client, call } = CALLS[service](options);
    await expect(callAws(service, 'any', call)).rejects.toMatchObject({ kind: 'throttled' });
    expect(requests).toBe(1);
    client.destroy();
  });

  it.each(SERVICES)('has as many attempts as the options say: %s', async (service) => {
    const { client } = CALLS[service]({ ...options, maxAttempts: 3 });
    expect(await client.config.maxAttempts()).toBe(3);
    client.destroy();
  });
});
