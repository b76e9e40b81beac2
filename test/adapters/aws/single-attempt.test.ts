import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ecsClient } from '#adapters/aws/clients.ts';
import type { ConnectionOptions } from '#adapters/aws/connection.ts';
import { ec2Client } from '#adapters/aws/ec2/client.ts';
import { callAws } from '#adapters/aws/errors.ts';

/** How a call of each service that changes something is made. */
const CALLS = {
  ecs: (options: ConnectionOptions) => {
    const client = ecsClient(options);
    return { client, call: () => client.send(new StopTaskCommand({ task: 'task' })) };
  },
  ec2: (options: ConnectionOptions) => {
    const client = ec2Client(options);
    return { client, call: () => client.send(new TerminateInstancesCommand({ InstanceIds: ['i-1'] })) };
  },
};
const SERVICES = ['ecs', 'ec2'] as const;

/** A throttle, in the words of each. */
const THROTTLES = {
  ecs: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
  ec2: '<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>',
};

describe('a call of a service where what comes late may do harm', () => {
  let server: Server;
  let options: ConnectionOptions;
  let requests = 0;
  let answer: string | undefined;

  beforeEach(async () => {
    requests = 0;
    answer = undefined;
    server = createServer((_, response) => {
      requests += 1;
      if (answer === undefined) return;
      response.writeHead(answer.startsWith('{') ? 400 : 503);
      response.end(answer);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
    options = { endpoint, region: 'local', credentials, requestTimeoutMs: 50 };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(SERVICES)('is sent once, whatever becomes of it: %s', async (service) => {
    const { client, call } = CALLS[service](options);
    await expect(callAws(service, 'any', call)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(requests).toBe(1);
    client.destroy();
  });

  it.each(SERVICES)('that was throttled is known to have done nothing: %s', async (service) => {
    answer = THROTTLES[service];
    const { client, call } = CALLS[service](options);
    await expect(callAws(service, 'any', call)).rejects.toMatchObject({ kind: 'throttled' });
    expect(requests).toBe(1);
    client.destroy();
  });

  it.each(SERVICES)('is sent as often as whoever makes the client says: %s', async (service) => {
    const { client } = CALLS[service]({ ...options, maxAttempts: 3 });
    expect(await client.config.maxAttempts()).toBe(3);
    client.destroy();
  });
});
