import type { Timers } from '#adapters/local/timers.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

export interface LocalQueueOptions {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Takes one key; a rejection means that it is to come again. */
  readonly deliver: (key: WorkbenchKey) => Promise<void>;
  /** Deliveries at once. @default 8 */
  readonly concurrency?: number;
  /** Failed deliveries of a key, one after another, until it is dropped to the dead letters. @default 6 */
  readonly maxAttempts?: number;
  /** The first retry waits this long, each further one twice as long, in milliseconds. @default 500 */
  readonly initialBackoffMs?: number;
}

/** A key that was given up. Kept for whoever looks; the reconciler finds its record all the same. */
export interface DeadLetter {
  readonly key: WorkbenchKey;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly error: unknown;
}

/** The longest that a retry waits, in milliseconds. */
const BACKOFF_MAX_MS = 30_000;
/** The newest dead letters are kept. */
const DEAD_LETTERS_MAX = 100;
/** A message may come this much late when its key comes then anyway, in milliseconds: bounds what waits. */
const MERGE_WINDOW_MS = 1000;

/** When a key comes again (milliseconds since 1970), and how to call that off. */
type ScheduledDeliveries = Map<number, () => void>;

/**
 * The WorkQueue of one process. A message may be merged with a later one, never with an earlier one: what is
 * to be looked at then may not be there yet. One key is never delivered twice at the same moment: what is sent
 * meanwhile waits for the end. Nothing survives the process; the records say what is owed.
 */
export class LocalQueue implements WorkQueue {
  readonly #options: Required<LocalQueueOptions>;
  readonly #keys = new Map<string, WorkbenchKey>();
  readonly #delayed = new Map<string, ScheduledDeliveries>();
  /** Due, in the order in which they fell due. */
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  /** Failed deliveries one after another. */
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
   * Gives way to something more urgent, or ends that: so many deliveries at once, at least one, until it is
   * called again. Deliveries under way are not touched.
   */
  setConcurrency(concurrency: number): void {
    this.#concurrency = Math.min(Math.max(1, concurrency), this.#options.concurrency);
    this.#deliverReady();
  }

  async send(key: WorkbenchKey, delaySeconds: number): Promise<void> {
    if (this.#closed) throw new PortError('unavailable', 'the queue is closed');
    const seconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), MAX_DELAY_SECONDS);
    this.#put(key, seconds * 1000);
    this.#deliverReady();
  }

  /** Newest last; at most DEAD_LETTERS_MAX. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters;
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Resolves when nothing is due and nothing is being delivered; what waits for its time is not awaited. */
  async idle(): Promise<void> {
    while (this.#ready.size > 0 || this.#active.size > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.add(resolve));
    }
  }

  /** Takes and delivers nothing more; resolves when the deliveries under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const appointments of this.#delayed.values()) for (const cancel of appointments.values()) cancel();
    this.#delayed.clear();
    this.#ready.clear();
    await this.idle();
  }

  #put(key: WorkbenchKey, delayMs: number): void {
    const id = toQueueKey(key);
    this.#keys.set(id, { userId: key.userId, workbenchId: key.workbenchId });
    if (delayMs <= 0) this.#ready.add(id);
    else this.#delay(id, delayMs);
  }

  #delay(id: string, delayMs: number): void {
    const { timers } = this.#options;
    const dueAt = timers.now() + delayMs;
    const appointments: ScheduledDeliveries = this.#delayed.get(id) ?? new Map();
    for (const at of appointments.keys()) if (at >= dueAt && at < dueAt + MERGE_WINDOW_MS) return;
    this.#delayed.set(id, appointments);
    const come = () => {
      appointments.delete(dueAt);
      if (appointments.size === 0) this.#delayed.delete(id);
      this.#ready.add(id);
      this.#deliverReady();
    };
    appointments.set(dueAt, timers.after(delayMs, come));
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
    const { timers, telemetry, maxAttempts, initialBackoffMs: retryMs } = this.#options;
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
    const wait = Math.min(retryMs * 2 ** (failures - 1), BACKOFF_MAX_MS);
    // What was sent while the delivery ran waits for the back-off too: a consumer that sends and then throws
    // would otherwise go round without a pause.
    this.#ready.delete(id);
    this.#delay(id, wait);
  }
}

/** A workbench id has no slash, so that the two parts cannot run into each other. */
function toQueueKey(key: WorkbenchKey): string {
  return `${key.workbenchId}/${key.userId}`;
}
