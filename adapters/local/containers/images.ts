import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { pause, type Timers } from '../timers.ts';
import type { Engine } from './engine.ts';
import type { EngineMessage } from './engine-messages.ts';

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
  async probe(name: string): Promise<'present' | 'pulling'> {
    if (await this.#engine.hasImage(name)) return 'present';
    const pull = this.#pull(name);
    const waiting = new AbortController();
    await Promise.race([pull.done, pull.started, pause(this.#timers, PULL_START_TIMEOUT_MS, waiting.signal)]);
    waiting.abort();
    return 'pulling';
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
    const pull = { done, progress, started: begun.promise };
    this.#pulls.set(name, pull);
    return pull;
  }
}

/** The longest detail, in bytes: the contract of a task's observation has room for 200 characters. */
const LONGEST_DETAIL = 160;
const MIB = 1024 * 1024;
/** A layer that says no more how much there is of it has been fetched. */
const FETCHED = /complete|already exists|verifying|extracting/i;

interface Layer {
  readonly current: number;
  readonly total: number;
  readonly fetched: boolean;
}

/** How far a pull is, put together from what an engine says of each layer. */
export class PullProgress {
  readonly #image: string;
  readonly #layers = new Map<string, Layer>();

  constructor(image: string) {
    this.#image = image;
  }

  /** Layers heard of so far. */
  get layers(): number {
    return this.#layers.size;
  }

  take({ id, status = '', progressDetail }: EngineMessage): void {
    // Without a layer, or with the tag as its id: it speaks of the whole.
    if (id === undefined || /^pulling from/i.test(status)) return;
    const known = this.#layers.get(id) ?? { current: 0, total: 0, fetched: false };
    const fetched = known.fetched || FETCHED.test(status);
    const { current = known.current, total = known.total } = fetched ? {} : (progressDetail ?? {});
    this.#layers.set(id, { current: fetched ? total : current, total, fetched });
  }

  /** For people: `pulling NAME: 3 of 8 layers, 120 of 400 MiB`. */
  get text(): string {
    const layers = [...this.#layers.values()];
    const image = truncateUtf8(this.#image, LONGEST_DETAIL - 60);
    if (layers.length === 0) return `pulling ${image}`;
    const fetched = layers.filter((layer) => layer.fetched).length;
    const total = sum(layers.map((layer) => layer.total));
    const sizes =
      total === 0 ? '' : `, ${mib(sum(layers.map((layer) => layer.current)))} of ${mib(total)} MiB`;
    return `pulling ${image}: ${fetched} of ${layers.length} layers${sizes}`;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
