import type { ReceivedMessage, SqsModel } from '../world/sqs-model.ts';

export interface MappingOptions {
  /** The maximum number of messages per invocation. @default 3 */
  readonly batchSize?: number;
  /** The maximum number of concurrent invocations. @default 5 */
  readonly maxConcurrency?: number;
}

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
  readonly #batchSize: number;
  readonly #maxConcurrency: number;
  #running = 0;

  constructor(queue: SqsModel, invoke: InvokeFunction, options: MappingOptions = {}) {
    this.#queue = queue;
    this.#invoke = invoke;
    this.#batchSize = options.batchSize ?? 3;
    this.#maxConcurrency = options.maxConcurrency ?? 5;
  }

  /** Receives messages until the queue is empty or the concurrency limit is reached. */
  receiveBatches(): void {
    while (this.#running < this.#maxConcurrency) {
      const messages = this.#queue.receive(this.#batchSize);
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
