import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

export interface LocalEventBusOptions {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Deliveries at once. @default 16 */
  readonly concurrency?: number;
  /** After so many failed deliveries an event is dropped. @default 6 */
  readonly maxAttempts?: number;
  /** Delay of the first retry, milliseconds. It doubles with each retry. @default 200 */
  readonly initialBackoffMs?: number;
}

type Deliver<E> = (event: E) => Promise<void>;

/**
 * Takes the place of EventBridge in local mode. Events of one subject (a task or an instance) are delivered one
 * after another, in order. An event is dropped after its last attempt; the reconciler finds the change later.
 */
export class LocalEventBus<E extends NonNullable<unknown>> {
  readonly #options: Required<LocalEventBusOptions>;
  /** Undelivered events by subject. The first one may be in delivery. */
  readonly #waiting = new Map<string, E[]>();
  /** Subjects with an undelivered event and no delivery in progress. */
  readonly #ready = new Set<string>();
  readonly #idleWaiters = new Set<() => void>();
  #deliver: Deliver<E> | undefined;
  #active = 0;

  constructor(options: LocalEventBusOptions) {
    this.#options = { concurrency: 16, maxAttempts: 6, initialBackoffMs: 200, ...options };
  }

  /** Accepts an event. Events are buffered until `connect`. */
  publish(subject: string, event: E): void {
    const waiting = this.#waiting.get(subject);
    if (waiting !== undefined) {
      waiting.push(event);
      return;
    }
    this.#waiting.set(subject, [event]);
    this.#ready.add(subject);
    this.#deliverReady();
  }

  /** Starts the deliveries. */
  connect(deliver: Deliver<E>): void {
    this.#deliver = deliver;
    this.#deliverReady();
  }

  /** Resolves when all accepted events were delivered or dropped, and at once before `connect`. */
  async idle(): Promise<void> {
    while (this.#deliver !== undefined && this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.add(resolve));
    }
  }

  #deliverReady(): void {
    const deliver = this.#deliver;
    if (deliver === undefined) return;
    for (const subject of this.#ready) {
      if (this.#active >= this.#options.concurrency) return;
      this.#ready.delete(subject);
      this.#active += 1;
      void this.#deliverFirst(subject, deliver);
    }
  }

  async #deliverFirst(subject: string, deliver: Deliver<E>): Promise<void> {
    const waiting = this.#waiting.get(subject) ?? [];
    const [event] = waiting;
    if (event !== undefined) await this.#deliverWithRetries(subject, event, deliver);
    waiting.shift();
    this.#active -= 1;
    if (waiting.length > 0) this.#ready.add(subject);
    else this.#waiting.delete(subject);
    this.#deliverReady();
    if (this.#waiting.size > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  async #deliverWithRetries(subject: string, event: E, deliver: Deliver<E>): Promise<void> {
    const { timers, telemetry, maxAttempts, initialBackoffMs } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await deliver(event);
      } catch (error) {
        if (attempt >= maxAttempts) {
          telemetry.error(
            'an event was dropped after its last attempt',
            { subject, attempts: attempt },
            error,
          );
          return;
        }
        telemetry.warn('event delivery failed and will be retried', { subject, attempt });
      }
      await new Promise<void>((resolve) => {
        timers.after(initialBackoffMs * 2 ** (attempt - 1), resolve);
      });
    }
  }
}
