import { expect, it } from 'vitest';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import { recordingClient } from './recording-client.ts';

const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/work';

it.each([
  ['at once', 0, 0],
  ['never early: a fraction is rounded up', 1.2, 2],
  // The maximum of SQS. The due time of the record remains.
  ['after at most 15 minutes', 3600, 900],
  ['at once if the time has passed', -5, 0],
])('a key is sent with its delay: %s', async (_, delaySeconds, expected) => {
  const { client, sent } = recordingClient();
  // `extra` stands for fields of a record that is passed as a key.
  const key = { userId: 'Zoë "x"', workbenchId: 'wb1', extra: 'not sent' };
  await new SqsWorkQueue(client, QUEUE_URL).send(key, delaySeconds);
  expect(sent).toEqual([
    {
      name: 'SendMessage',
      // Without MessageGroupId and MessageDeduplicationId: it is a standard queue.
      input: {
        QueueUrl: QUEUE_URL,
        MessageBody: '{"userId":"Zoë \\"x\\"","workbenchId":"wb1"}',
        DelaySeconds: expected,
      },
    },
  ]);
});
