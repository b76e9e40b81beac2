import type { Timers } from '#adapters/local/timers.ts';
import type { RunningWorkbench } from '#core/gate/list-running.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';

/** Lists the running workbenches of the installation. */
export interface RunningWorkbenches {
  /** Hint: eventually consistent. @throws PortError if the list cannot be read as a whole */
  list(): Promise<readonly RunningWorkbench[]>;
}

/** How long a list is used after its read began, milliseconds. Several proxies may ask for it each second. */
const CACHE_MS = 1_000;
/** How long a proxy waits for the list, milliseconds. A read that takes longer continues, for the next request. */
const READ_LIMIT_MS = 2_000;

interface CachedList {
  readonly readAt: Moment;
  readonly running: Promise<readonly RunningWorkbench[]>;
}

/** Reads the list once for all requests of a second, and never twice at the same time. */
export class CachedRunningWorkbenches implements RunningWorkbenches {
  readonly #source: RunningWorkbenches;
  readonly #timers: Timers;
  #cached: CachedList | undefined;
  #reading = false;

  constructor(source: RunningWorkbenches, timers: Timers) {
    this.#source = source;
    this.#timers = timers;
  }

  list(): Promise<readonly RunningWorkbench[]> {
    const { running } = this.#current();
    return new Promise((resolve, reject) => {
      const cancel = this.#timers.after(READ_LIMIT_MS, () =>
        reject(new PortError('unavailable', 'the list of running workbenches took too long to read')),
      );
      running.then(resolve, reject).finally(cancel);
    });
  }

  #current(): CachedList {
    const cached = this.#cached;
    if (cached !== undefined && (this.#reading || ageOf(cached.readAt, this.#timers) < CACHE_MS))
      return cached;
    this.#reading = true;
    const entry = { readAt: momentOf(this.#timers), running: this.#source.list() };
    this.#cached = entry;
    const end = () => {
      this.#reading = false;
    };
    entry.running.then(end, () => {
      end();
      // The next request reads again.
      if (this.#cached === entry) this.#cached = undefined;
    });
    return entry;
  }
}
