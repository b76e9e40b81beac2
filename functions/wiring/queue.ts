import { createSqsClient } from '#adapters/aws/clients.ts';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { WorkQueue } from '#core/ports/work-queue.ts';

/** Returns queues that share one SQS client. */
export function workQueues(): (url: string) => WorkQueue {
  const client = createSqsClient();
  return (url) => new SqsWorkQueue(client, url);
}

/** The queue of a function that sends to one queue only. */
export function workQueue(url: string): WorkQueue {
  return workQueues()(url);
}
