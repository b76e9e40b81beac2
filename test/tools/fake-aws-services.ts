import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface FakeAwsServices {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Bodies of the sent messages. */
  readonly sent: string[];
  /** Value that GetSecretValue returns. */
  secret: string | undefined;
  close(): Promise<void>;
}

/** Fakes SendMessage of SQS and GetSecretValue of Secrets Manager. Other requests get a 503 response. */
export async function startFakeAwsServices(): Promise<FakeAwsServices> {
  const sent: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const output = respondTo(String(request.headers['x-amz-target']), body);
    response.writeHead(output === undefined ? 503 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(output ?? { __type: 'ServiceUnavailable' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const services: FakeAwsServices = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    secret: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const respondTo = (target: string, body: string): unknown => {
    if (target === 'AmazonSQS.SendMessage') {
      const { MessageBody } = JSON.parse(body);
      sent.push(MessageBody);
      return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    }
    if (target === 'secretsmanager.GetSecretValue' && services.secret !== undefined) {
      return { SecretString: services.secret };
    }
    return undefined;
  };
  return services;
}
