import { pause, type Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';

/** Wrong secrets of one client within SECRET_WINDOW_MS. Then its secrets are refused until the window ends. */
export const WRONG_SECRETS_MAX = 10;
export const SECRET_WINDOW_MS = 60_000;

/** Wrong secrets of all clients within SECRET_WINDOW_MS. Then secrets of unknown browsers are compared one after another. */
export const WRONG_SECRETS_OF_ALL_MAX = 100;
/** The time between two comparisons then, milliseconds. */
export const SLOW_INTERVAL_MS = SECRET_WINDOW_MS / WRONG_SECRETS_OF_ALL_MAX;
/** Clients that wait for their comparison at the same time. It bounds the wait to a minute. */
export const WAITING_CLIENTS_MAX = 100;

/** Clients whose wrong secrets are counted. The one that was seen first is dropped. */
const CLIENTS_MAX = 1_000;

interface WrongSecrets {
  readonly since: Moment;
  readonly count: number;
}

/** Who sends a secret. */
export interface SecretClient {
  /** The browser that has signed in before, or the network address. */
  readonly name: string;
  /** Whether it is a browser that has signed in before: the wrong secrets of others do not slow it down. */
  readonly isKnown: boolean;
}

/**
 * Limits how many secrets can be guessed. Each client is counted by itself, so that it cannot lock out the others. Wrong secrets from
 * many addresses slow the comparisons for unknown browsers down, and block none of them.
 */
export class SecretAttempts {
  readonly #timers: Timers;
  readonly #wrong = new Map<string, WrongSecrets>();
  #wrongOfAll: WrongSecrets | undefined;
  readonly #waiting = new Set<string>();
  /** When the next comparison may begin, on the monotonic clock. */
  #nextTurn = Number.NEGATIVE_INFINITY;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Waits until the secret of a client may be compared. Returns false if it must be refused. */
  async admit({ name, isKnown }: SecretClient): Promise<boolean> {
    if (this.#isBlocked(name)) return false;
    if (isKnown || this.#countOf(this.#wrongOfAll) < WRONG_SECRETS_OF_ALL_MAX) return true;
    // One client must not take the turns of the others.
    if (this.#waiting.has(name) || this.#waiting.size >= WAITING_CLIENTS_MAX) return false;
    const elapsed = this.#timers.elapsed();
    this.#nextTurn = Math.max(elapsed, this.#nextTurn) + SLOW_INTERVAL_MS;
    this.#waiting.add(name);
    await pause(this.#timers, this.#nextTurn - elapsed);
    this.#waiting.delete(name);
    return true;
  }

  /** Counts a wrong secret. */
  noteWrong({ name, isKnown }: SecretClient): void {
    const counted = this.#add(this.#wrong.get(name));
    this.#wrong.set(name, counted);
    for (const first of this.#wrong.keys()) {
      if (this.#wrong.size <= CLIENTS_MAX) break;
      this.#wrong.delete(first);
    }
    if (!isKnown) this.#wrongOfAll = this.#add(this.#wrongOfAll);
  }

  #isBlocked(name: string): boolean {
    return this.#countOf(this.#wrong.get(name)) >= WRONG_SECRETS_MAX;
  }

  #add(wrong: WrongSecrets | undefined): WrongSecrets {
    const count = this.#countOf(wrong);
    const since = wrong === undefined || count === 0 ? momentOf(this.#timers) : wrong.since;
    return { since, count: count + 1 };
  }

  #countOf(wrong: WrongSecrets | undefined): number {
    if (wrong === undefined || ageOf(wrong.since, this.#timers) >= SECRET_WINDOW_MS) return 0;
    return wrong.count;
  }
}
