import type { ReceivedMessage, SqsModel } from '../world/sqs-model.ts';

/** Functions that drive at once, and messages that each is given. */
const CONCURRENCY_MAX = 5;
const BATCH_SIZE = 3;

/** Answers the messages that are done with; undefined when the function died. */
type Drive = (messages: readonly ReceivedMessage[]) => Promise<readonly ReceivedMessage[] | undefined>;

/** What Lambda does between a queue and its function: hands out batches, and removes what is done with. */
export class EventSourceMappingModel {
  readonly #queue: SqsModel;
  readonly #invoke: Drive;
  #running = 0;

  constructor(queue: SqsModel, drive: Drive) {
    this.#queue = queue;
    this.#invoke = drive;
  }

  /** There may be messages to receive. */
  receiveBatches(): void {
    while (this.#running < CONCURRENCY_MAX) {
      const messages = this.#queue.receive(BATCH_SIZE);
      if (messages.length === 0) return;
      this.#running += 1;
      void this.#invoke(messages).then((done) => {
        // Of those that the function did not live to answer nothing is deleted: they are delivered again.
        for (const { receiptHandle } of done ?? []) this.#queue.remove(receiptHandle);
        this.#running -= 1;
        this.receiveBatches();
      });
    }
  }
}
