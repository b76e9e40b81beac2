import { pause, type Timers } from '../timers.ts';
import type { Engine } from './engine.ts';
import { PullProgress } from './pull-progress.ts';

/** The image is not there and could not be fetched; the message is the engine's. */
export class PullFailed extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'PullFailed';
  }
}

interface PullInProgress {
  readonly done: Promise<void>;
  readonly progress: PullProgress;
  /** Resolves when the engine says anything of it: it has begun. */
  readonly started: Promise<void>;
}

/** How often somebody who waits for an image is told how far it is, milliseconds. */
const PROGRESS_INTERVAL_MS = 2000;
/** So long a start waits to see whether a pull begins or fails, milliseconds. */
const PULL_START_TIMEOUT_MS = 15_000;

/** Sees to it that images are there; of each there is one pull at a time, however many wait for it. */
export class Images {
  readonly #engine: Pick<Engine, 'hasImage' | 'pull'>;
  readonly #timers: Timers;
  readonly #pulls = new Map<string, PullInProgress>();

  constructor(engine: Pick<Engine, 'hasImage' | 'pull'>, timers: Timers) {
    this.#engine = engine;
    this.#timers = timers;
  }

  /**
   * Resolves when the image is there, or the signal aborts; the pull itself goes on then.
   * @param onProgress told now and then, and only of what is new, how far a pull is
   * @throws PullFailed
   */
  async ensure(name: string, onProgress: (detail: string) => void, signal: AbortSignal): Promise<void> {
    if (await this.#engine.hasImage(name)) return;
    const pull = this.#pull(name);
    const over = new AbortController();
    const ended = pull.done.finally(() => over.abort());
    // Whoever does not wait any more is not told either.
    ended.catch(() => {});
    let told: string | undefined;
    while (!over.signal.aborted && !signal.aborted) {
      const detail = pull.progress.text;
      if (detail !== told) onProgress(detail);
      told = detail;
      await pause(this.#timers, PROGRESS_INTERVAL_MS, signal, over.signal);
    }
    if (!signal.aborted) await ended;
  }

  /**
   * Looks whether an image is there or can be fetched, and begins to fetch it.
   * @throws PullFailed when the engine says at once that it cannot
   */
  async probe(name: string): Promise<'there' | 'coming'> {
    if (await this.#engine.hasImage(name)) return 'there';
    const pull = this.#pull(name);
    const waiting = new AbortController();
    await Promise.race([pull.done, pull.started, pause(this.#timers, PULL_START_TIMEOUT_MS, waiting.signal)]);
    waiting.abort();
    return 'coming';
  }

  #pull(name: string): PullInProgress {
    const known = this.#pulls.get(name);
    if (known !== undefined) return known;
    const progress = new PullProgress(name);
    const begun = Promise.withResolvers<void>();
    const done = this.#engine
      .pull(name, (event) => {
        progress.take(event);
        if (progress.layers > 0) begun.resolve();
      })
      .then(async () => {
        if (!(await this.#engine.hasImage(name)))
          throw new Error('the engine has fetched it and does not have it');
      })
      .catch((error: unknown) => {
        throw new PullFailed(error instanceof Error ? error.message : String(error), error);
      })
      .finally(() => this.#pulls.delete(name));
    // Whoever waits for it is told; nobody need wait.
    done.catch(() => {});
    const pull = { done, progress, begun: begun.promise };
    this.#pulls.set(name, pull);
    return pull;
  }
}
