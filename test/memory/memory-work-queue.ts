import type { MonotonicClock } from '#core/ports/clock.ts';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

interface Message {
  readonly key: WorkbenchKey;
  /** Of `elapsed`: a queue does not follow the clock of the sender. */
  readonly dueAt: number;
}

/** A message whose consumer has thrown is delivered again after this time. Milliseconds. */
export const REDELIVERY_DELAY_MS = 1000;

/**
 * A WorkQueue in memory. The test delivers the messages and owns the clock. Deterministic: messages are delivered by due
 * time, then in the order in which they were sent. Messages are not merged: two sends are two deliveries.
 */
export class MemoryWorkQueue implements WorkQueue {
  readonly #clock: MonotonicClock;
  #messages: Message[] = [];

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  async send(key: WorkbenchKey, delaySeconds: number): Promise<void> {
    const seconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), MAX_DELAY_SECONDS);
    this.#insert(key, this.#clock.elapsed() + seconds * 1000);
  }

  /** The number of messages, due or not. */
  get size(): number {
    return this.#messages.length;
  }

  /** When the next message is due, in milliseconds of `elapsed`; undefined if there is none. */
  nextDueAt(): number | undefined {
    return this.#messages[0]?.dueAt;
  }

  /** Removes and returns the next message if it is due. For tests that consume or lose messages themselves. */
  takeDue(): WorkbenchKey | undefined {
    const next = this.#messages[0];
    if (next === undefined || next.dueAt > this.#clock.elapsed()) return undefined;
    this.#messages.shift();
    return next.key;
  }

  /**
   * Delivers every due message, one after another, including messages that the consumer sends without delay. A message
   * whose consumer throws is delivered again after REDELIVERY_DELAY_MS.
   * @returns the number of deliveries
   * @throws Error after `limit` deliveries: the consumer keeps sending messages without delay
   */
  async deliverDue(consumer: (key: WorkbenchKey) => Promise<void>, limit = 10_000): Promise<number> {
    for (let delivered = 0; delivered < limit; delivered += 1) {
      const key = this.takeDue();
      if (key === undefined) return delivered;
      try {
        await consumer(key);
      } catch {
        this.#insert(key, this.#clock.elapsed() + REDELIVERY_DELAY_MS);
      }
    }
    throw new Error(
      `${limit} messages were delivered, and more are due: the consumer keeps sending messages without delay`,
    );
  }

  #insert(key: WorkbenchKey, dueAt: number): void {
    const message = { key: { userId: key.userId, workbenchId: key.workbenchId }, dueAt };
    const position = this.#messages.findIndex((other) => other.dueAt > dueAt);
    this.#messages.splice(position === -1 ? this.#messages.length : position, 0, message);
  }
}
