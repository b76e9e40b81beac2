import { sqsClient } from '#adapters/aws/clients.ts';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { WorkQueue } from '#core/ports/work-queue.ts';

/** Queues by one client of SQS. */
export function workQueues(): (url: string) => WorkQueue {
  const client = sqsClient();
  return (url) => new SqsWorkQueue(client, url);
}

/** The one queue that a function sends to. */
export function workQueue(url: string): WorkQueue {
  return workQueues()(url);
}
