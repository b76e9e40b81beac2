import type { SqsModel } from '../world/sqs-model.ts';
import type { Controller } from './controller.ts';

/** Functions that drive at once, and messages that each is given. */
const AT_ONCE = 5;
const BATCH = 3;

/** What Lambda does between a queue and its function: hands out batches, and removes what is done with. */
export class WorkConsumer {
  readonly #queue: SqsModel;
  readonly #controller: Controller;
  #busy = 0;

  constructor(queue: SqsModel, controller: Controller) {
    this.#queue = queue;
    this.#controller = controller;
  }

  /** There may be messages to receive. */
  ready(): void {
    while (this.#busy < AT_ONCE) {
      const messages = this.#queue.receive(BATCH);
      if (messages.length === 0) return;
      this.#busy += 1;
      void this.#controller.drive(messages).then((done) => {
        // Of those that the function did not live to answer nothing is removed: they are delivered again.
        for (const { receiptHandle } of done ?? []) this.#queue.remove(receiptHandle);
        this.#busy -= 1;
        this.ready();
      });
    }
  }
}
