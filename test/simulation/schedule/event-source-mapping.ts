import type { ReceivedMessage, SqsModel } from '../world/sqs-model.ts';

/** The maximum number of concurrent invocations. */
const CONCURRENCY_MAX = 5;
/** The maximum number of messages per invocation. */
const BATCH_SIZE = 3;

/** Returns the messages that succeeded; undefined if the function was killed. */
type InvokeFunction = (
  messages: readonly ReceivedMessage[],
) => Promise<readonly ReceivedMessage[] | undefined>;

/**
 * The event source mapping between a queue and a function: it invokes the function with batches of messages and deletes
 * those that succeeded.
 */
export class EventSourceMappingModel {
  readonly #queue: SqsModel;
  readonly #invoke: InvokeFunction;
  #running = 0;

  constructor(queue: SqsModel, invoke: InvokeFunction) {
    this.#queue = queue;
    this.#invoke = invoke;
  }

  /** Receives messages until the queue is empty or the concurrency limit is reached. */
  receiveBatches(): void {
    while (this.#running < CONCURRENCY_MAX) {
      const messages = this.#queue.receive(BATCH_SIZE);
      if (messages.length === 0) return;
      this.#running += 1;
      void this.#invoke(messages).then((succeeded) => {
        // If the function was killed, nothing is deleted and SQS delivers the messages again.
        for (const { receiptHandle } of succeeded ?? []) this.#queue.remove(receiptHandle);
        this.#running -= 1;
        this.receiveBatches();
      });
    }
  }
}
