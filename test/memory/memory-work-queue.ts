import type { Clock } from '#core/ports/clock.ts';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

interface Message {
  readonly key: WorkbenchKey;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
}

/** A message whose consumer threw comes again after this long. */
export const REDELIVERY_DELAY_MS = 1000;

/**
 * A WorkQueue that does nothing by itself: whoever holds it says when messages are delivered, and the clock
 * is theirs too. Deterministic: earliest due first, and in the order sent among equals. Nothing is merged:
 * two sends are two deliveries.
 */
export class MemoryWorkQueue implements WorkQueue {
  readonly #clock: Clock;
  #messages: Message[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(key: WorkbenchKey, delaySeconds: number): Promise<void> {
    const seconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), MAX_DELAY_SECONDS);
    this.#insert(key, this.#clock.now() + seconds * 1000);
  }

  /** Messages held, due or not. */
  get size(): number {
    return this.#messages.length;
  }

  /** When the next message is due, in milliseconds since 1970; undefined when there is none. */
  nextDueAt(): number | undefined {
    return this.#messages[0]?.dueAt;
  }

  /** Removes and answers the next message if it is due; for a test that plays the consumer, or loses messages. */
  takeDue(): WorkbenchKey | undefined {
    const next = this.#messages[0];
    if (next === undefined || next.dueAt > this.#clock.now()) return undefined;
    this.#messages.shift();
    return next.key;
  }

  /**
   * Hands every message that is due, one after another, to the consumer, those included that it sends with no
   * delay. One whose consumer throws comes again REDELIVERY_DELAY_MS later.
   * @returns how many were handed over
   * @throws Error after `limit` deliveries: a consumer that sends itself no-delay messages for ever
   */
  async deliverDue(consumer: (key: WorkbenchKey) => Promise<void>, limit = 10_000): Promise<number> {
    for (let delivered = 0; delivered < limit; delivered += 1) {
      const key = this.takeDue();
      if (key === undefined) return delivered;
      try {
        await consumer(key);
      } catch {
        this.#insert(key, this.#clock.now() + REDELIVERY_DELAY_MS);
      }
    }
    throw new Error(`${limit} messages delivered and still some due`);
  }

  #insert(key: WorkbenchKey, dueAt: number): void {
    const message = { key: { userId: key.userId, workbenchId: key.workbenchId }, dueAt };
    const later = this.#messages.findIndex((other) => other.dueAt > dueAt);
    this.#messages.splice(later === -1 ? this.#messages.length : later, 0, message);
  }
}
