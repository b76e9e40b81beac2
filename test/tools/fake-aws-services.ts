import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface FakeAwsServices {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** The bodies of messages sent. */
  readonly sent: string[];
  /** What GetSecretValue answers. */
  secret: string | undefined;
  close(): Promise<void>;
}

/** SQS and Secrets Manager as far as a bundle needs them to show that it reaches them; all else answers 503. */
export async function startFakeAwsServices(): Promise<FakeAwsServices> {
  const sent: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = answerTo(String(request.headers['x-amz-target']), body);
    response.writeHead(answer === undefined ? 503 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer ?? { __type: 'ServiceUnavailable' }));
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
  const answerTo = (target: string, body: string): unknown => {
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
