import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { sqsClient } from '#adapters/aws/clients.ts';
import { connection, uniqueName } from '../connection.ts';

/** What one call receives at most. */
const BATCH = 10;

/** A queue on moto, received from as Lambda does it. */
export async function queueOnMoto(endpoint: string, visibilitySeconds: number) {
  const client = sqsClient(connection(endpoint));
  const made = await client.send(
    new CreateQueueCommand({
      QueueName: uniqueName('work-'),
      Attributes: { VisibilityTimeout: String(visibilitySeconds) },
    }),
  );
  const url = made.QueueUrl ?? '';
  return {
    client,
    url,
    /** Hands all that can be received to a consumer, in batches, and removes what it answers as done with. */
    async deliver(consume: (batch: readonly Message[]) => Promise<readonly Message[]>): Promise<number> {
      let received = 0;
      for (;;) {
        const batch = await receive(client, url);
        if (batch.length === 0) return received;
        received += batch.length;
        for (const { ReceiptHandle } of await consume(batch)) {
          await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
        }
      }
    },
  };
}

async function receive(client: SQSClient, url: string): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: BATCH }),
  );
  return Messages;
}

/** Moves the clock of moto's SQS on, of all its queues. */
export async function advanceClock(endpoint: string, seconds: number): Promise<void> {
  const { ok, status } = await fetch(`${endpoint}/clock/${seconds}`, { method: 'POST' });
  if (!ok) throw new Error(`the clock does not move: ${status}`);
}
