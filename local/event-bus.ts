import type { Timers } from '#adapters/local/timers.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

export interface LocalEventBusOptions {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Deliveries at once. @default 16 */
  readonly concurrency?: number;
  /** Deliveries of one event until it is given up. @default 6 */
  readonly maxAttempts?: number;
  /** The first retry waits this long, each further one twice as long, in milliseconds. @default 200 */
  readonly initialBackoffMs?: number;
}

type Deliver = (event: unknown) => Promise<void>;

/**
 * Stands where EventBridge stands on AWS: carries events to a function. Those of one subject (a task, an
 * instance) are delivered one after another, in order; an event that cannot be delivered is given up in the
 * end, since reconciliation finds out what it would have said.
 */
export class LocalEventBus {
  readonly #options: Required<LocalEventBusOptions>;
  /** By subject: what is still to be delivered, the event under way first. */
  readonly #waiting = new Map<string, unknown[]>();
  /** Subjects with something to deliver and nothing under way. */
  readonly #ready = new Set<string>();
  readonly #idleWaiters = new Set<() => void>();
  #deliver: Deliver | undefined;
  #active = 0;

  constructor(options: LocalEventBusOptions) {
    this.#options = { concurrency: 16, maxAttempts: 6, initialBackoffMs: 200, ...options };
  }

  /** Takes an event. What comes before `connect` is kept for it. */
  publish(subject: string, event: unknown): void {
    const waiting = this.#waiting.get(subject);
    if (waiting !== undefined) {
      waiting.push(event);
      return;
    }
    this.#waiting.set(subject, [event]);
    this.#ready.add(subject);
    this.#deliverReady();
  }

  /** Says who takes the events. */
  connect(deliver: Deliver): void {
    this.#deliver = deliver;
    this.#deliverReady();
  }

  /** Resolves when every event taken has been delivered or given up; at once while nobody takes them. */
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

  async #deliverFirst(subject: string, deliver: Deliver): Promise<void> {
    const waiting = this.#waiting.get(subject) ?? [];
    await this.#attempt(subject, waiting[0], deliver);
    waiting.shift();
    this.#active -= 1;
    if (waiting.length > 0) this.#ready.add(subject);
    else this.#waiting.delete(subject);
    this.#deliverReady();
    if (this.#waiting.size > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  async #attempt(subject: string, event: unknown, deliver: Deliver): Promise<void> {
    const { timers, telemetry, maxAttempts, initialBackoffMs: retryMs } = this.#options;
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
        timers.after(retryMs * 2 ** (attempt - 1), resolve);
      });
    }
  }
}
