import type { ReceivedMessage, SqsModel } from '../world/sqs-model.ts';

/** Functions that drive at once, and messages that each is given. */
const AT_ONCE = 5;
const BATCH = 3;

/** Answers the messages that are done with; undefined when the function died. */
type Drive = (messages: readonly ReceivedMessage[]) => Promise<readonly ReceivedMessage[] | undefined>;

/** What Lambda does between a queue and its function: hands out batches, and removes what is done with. */
export class WorkConsumer {
  readonly #queue: SqsModel;
  readonly #drive: Drive;
  #busy = 0;

  constructor(queue: SqsModel, drive: Drive) {
    this.#queue = queue;
    this.#drive = drive;
  }

  /** There may be messages to receive. */
  ready(): void {
    while (this.#busy < AT_ONCE) {
      const messages = this.#queue.receive(BATCH);
      if (messages.length === 0) return;
      this.#busy += 1;
      void this.#drive(messages).then((done) => {
        // Of those that the function did not live to answer nothing is removed: they are delivered again.
        for (const { receiptHandle } of done ?? []) this.#queue.remove(receiptHandle);
        this.#busy -= 1;
        this.ready();
      });
    }
  }
}
