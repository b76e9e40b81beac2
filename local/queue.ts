import type { SQSBatchResponse } from 'aws-lambda';
import type { Timers } from '#adapters/local/timers.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { type QueueEvent, toWorkMessage } from '#functions/drive/drive-batch.ts';

export interface LocalQueueOptions {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Processes one key. If it rejects, the key is delivered again. */
  readonly deliver: (key: WorkbenchKey) => Promise<void>;
  /** Deliveries at once. @default 8 */
  readonly concurrency?: number;
  /** After so many failed deliveries in a row, a key is moved to the dead letters. @default 6 */
  readonly maxAttempts?: number;
  /** Delay of the first retry, milliseconds. It doubles with each retry. @default 500 */
  readonly initialBackoffMs?: number;
}

/** A key whose deliveries failed too often. The reconciler still drives its record. */
export interface DeadLetter {
  readonly key: WorkbenchKey;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error: unknown;
}

/** Older dead letters are discarded. */
const DEAD_LETTERS_MAX = 100;
/**
 * A message is merged with a later message of the same key if that one is due within this time, milliseconds.
 * This bounds the number of scheduled deliveries.
 */
const MERGE_WINDOW_MS = 1000;

/** Due times of a key, each with the function that cancels it. Times of `elapsed`, as those of the timers. */
type ScheduledDeliveries = Map<number, () => void>;

/**
 * A WorkQueue in memory. A message may be merged with a later message of its key, never with an earlier one,
 * because the change that it announces may not be visible then. A key is never delivered twice at the same time:
 * a message that is sent during a delivery waits until the delivery has ended. Messages do not survive the
 * process; pending effects are derived from the records.
 */
export class LocalQueue implements WorkQueue {
  readonly #options: Required<LocalQueueOptions>;
  readonly #keys = new Map<string, WorkbenchKey>();
  readonly #delayed = new Map<string, ScheduledDeliveries>();
  /** Keys that are due, in the order of their due times. */
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  /** Failed deliveries in a row. */
  readonly #failures = new Map<string, number>();
  readonly #idleWaiters = new Set<() => void>();
  readonly #deadLetters: DeadLetter[] = [];
  #concurrency: number;
  #closed = false;

  constructor(options: LocalQueueOptions) {
    this.#options = { concurrency: 8, maxAttempts: 6, initialBackoffMs: 500, ...options };
    this.#concurrency = this.#options.concurrency;
  }

  /**
   * Limits the number of concurrent deliveries, to at least one and at most the configured number. Deliveries in
   * progress are not affected.
   */
  setConcurrency(concurrency: number): void {
    this.#concurrency = Math.min(Math.max(1, concurrency), this.#options.concurrency);
    this.#deliverReady();
  }

  async send(key: WorkbenchKey, delaySeconds: number): Promise<void> {
    if (this.#closed) throw new PortError('unavailable', 'the queue is closed');
    const seconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), MAX_DELAY_SECONDS);
    this.#enqueue(key, seconds * 1000);
    this.#deliverReady();
  }

  /** At most DEAD_LETTERS_MAX, the newest last. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters;
  }

  /** The number of keys that are not due yet. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Resolves when no key is due and no delivery is in progress. Does not wait for delayed keys. */
  async idle(): Promise<void> {
    while (this.#ready.size > 0 || this.#active.size > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.add(resolve));
    }
  }

  /** Accepts and delivers no more keys. Resolves when the deliveries in progress have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const deliveries of this.#delayed.values()) for (const cancel of deliveries.values()) cancel();
    this.#delayed.clear();
    this.#ready.clear();
    await this.idle();
  }

  #enqueue(key: WorkbenchKey, delayMs: number): void {
    const id = toQueueKey(key);
    this.#keys.set(id, { userId: key.userId, workbenchId: key.workbenchId });
    if (delayMs <= 0) this.#ready.add(id);
    else this.#delay(id, delayMs);
  }

  #delay(id: string, delayMs: number): void {
    const { timers } = this.#options;
    const dueAt = timers.elapsed() + delayMs;
    const deliveries: ScheduledDeliveries = this.#delayed.get(id) ?? new Map();
    for (const at of deliveries.keys()) if (at >= dueAt && at < dueAt + MERGE_WINDOW_MS) return;
    this.#delayed.set(id, deliveries);
    const markReady = () => {
      deliveries.delete(dueAt);
      if (deliveries.size === 0) this.#delayed.delete(id);
      this.#ready.add(id);
      this.#deliverReady();
    };
    deliveries.set(dueAt, timers.after(delayMs, markReady));
  }

  #deliverReady(): void {
    for (const id of this.#ready) {
      if (this.#active.size >= this.#concurrency) return;
      if (this.#active.has(id)) continue;
      this.#ready.delete(id);
      this.#active.add(id);
      void this.#deliver(id);
    }
  }

  async #deliver(id: string): Promise<void> {
    const key = this.#keys.get(id);
    try {
      if (key !== undefined) await this.#options.deliver(key);
      this.#failures.delete(id);
    } catch (error) {
      if (key !== undefined) this.#retry(id, key, error);
    }
    this.#active.delete(id);
    if (!this.#ready.has(id) && !this.#delayed.has(id)) this.#keys.delete(id);
    this.#deliverReady();
    if (this.#ready.size === 0 && this.#active.size === 0) {
      for (const resolve of this.#idleWaiters) resolve();
      this.#idleWaiters.clear();
    }
  }

  #retry(id: string, key: WorkbenchKey, error: unknown): void {
    const { timers, telemetry, maxAttempts, initialBackoffMs } = this.#options;
    const failures = (this.#failures.get(id) ?? 0) + 1;
    if (this.#closed) return;
    if (failures >= maxAttempts) {
      this.#failures.delete(id);
      this.#deadLetters.push({ key, at: timers.now(), error });
      if (this.#deadLetters.length > DEAD_LETTERS_MAX) this.#deadLetters.shift();
      telemetry.error(
        'a message was moved to the dead letters',
        { workbenchId: key.workbenchId, attempts: failures },
        error,
      );
      return;
    }
    this.#failures.set(id, failures);
    telemetry.warn('message processing failed and will be retried', {
      workbenchId: key.workbenchId,
      attempt: failures,
      error: error instanceof Error ? error.message : String(error),
    });
    // The backoff also delays a message that was sent during the failed delivery. Otherwise a consumer that sends
    // and then throws would be called in a tight loop.
    this.#ready.delete(id);
    this.#delay(id, initialBackoffMs * 2 ** (failures - 1));
  }
}

/** A workbench id contains no slash, so that the key is unambiguous. */
function toQueueKey(key: WorkbenchKey): string {
  return `${key.workbenchId}/${key.userId}`;
}

/** Returns a function that delivers one key as SQS does, in a batch of one. It rejects when the handler reports a failure. */
export function deliverAsMessage(
  handler: (event: QueueEvent) => Promise<SQSBatchResponse>,
): (key: WorkbenchKey) => Promise<void> {
  let sent = 0;
  return async (key) => {
    sent += 1;
    const { batchItemFailures } = await handler({
      Records: [{ messageId: String(sent), body: toWorkMessage(key) }],
    });
    if (batchItemFailures.length > 0) throw new Error('the function reported a failed message');
  };
}
