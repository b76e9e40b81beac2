import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { pause, type Timers } from '../timers.ts';
import type { Engine } from './engine.ts';
import type { EngineMessage } from './engine-responses.ts';

/** The image does not exist and could not be pulled. The message is the engine's. */
export class PullFailed extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'PullFailed';
  }
}

interface PullInProgress {
  readonly done: Promise<void>;
  readonly progress: PullProgress;
  /** Resolves when the engine reports the first layer. */
  readonly started: Promise<void>;
}

/** How often the progress of a pull is reported, milliseconds. */
const PROGRESS_INTERVAL_MS = 2000;
/** How long `probe` waits for a pull to begin or fail, milliseconds. */
const PULL_START_TIMEOUT_MS = 15_000;

/** Pulls missing images. All callers that wait for an image share one pull. */
export class Images {
  readonly #engine: Pick<Engine, 'hasImage' | 'pull'>;
  readonly #timers: Timers;
  readonly #pulls = new Map<string, PullInProgress>();

  constructor(engine: Pick<Engine, 'hasImage' | 'pull'>, timers: Timers) {
    this.#engine = engine;
    this.#timers = timers;
  }

  /**
   * Resolves when the image exists, or when the signal aborts. An abort does not cancel the pull.
   * @param onProgress called with the progress of the pull, only when it has changed
   * @throws PullFailed
   */
  async ensure(name: string, onProgress: (detail: string) => void, signal: AbortSignal): Promise<void> {
    if (await this.#engine.hasImage(name)) return;
    const pull = this.#pull(name);
    const finished = new AbortController();
    const done = pull.done.finally(() => finished.abort());
    // After an abort nothing awaits this promise.
    done.catch(() => {});
    let reported: string | undefined;
    while (!finished.signal.aborted && !signal.aborted) {
      const detail = pull.progress.text;
      if (detail !== reported) onProgress(detail);
      reported = detail;
      await pause(this.#timers, PROGRESS_INTERVAL_MS, signal, finished.signal);
    }
    if (!signal.aborted) await done;
  }

  /**
   * Checks whether an image exists. If not, begins to pull it.
   * @throws PullFailed when the pull fails at once
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
    const current = this.#pulls.get(name);
    if (current !== undefined) return current;
    const progress = new PullProgress(name);
    const started = Promise.withResolvers<void>();
    const done = this.#engine
      .pull(name, (event) => {
        progress.take(event);
        if (progress.layers > 0) started.resolve();
      })
      .then(async () => {
        if (!(await this.#engine.hasImage(name)))
          throw new Error('the engine reports a successful pull but does not have the image');
      })
      .catch((error: unknown) => {
        throw new PullFailed(error instanceof Error ? error.message : String(error), error);
      })
      .finally(() => this.#pulls.delete(name));
    // Callers may have stopped waiting.
    done.catch(() => {});
    const pull = { done, progress, started: started.promise };
    this.#pulls.set(name, pull);
    return pull;
  }
}

/** The longest detail, bytes. The contract of TaskObservation allows 200 characters. */
const DETAIL_MAX_BYTES = 160;
const MIB = 1024 * 1024;
/** Statuses of a layer whose download has finished. They have no progress. */
const FETCHED = /complete|already exists|verifying|extracting/i;

interface Layer {
  readonly current: number;
  readonly total: number;
  readonly fetched: boolean;
}

/** The progress of a pull, summed over its layers. */
export class PullProgress {
  readonly #image: string;
  readonly #layers = new Map<string, Layer>();

  constructor(image: string) {
    this.#image = image;
  }

  /** The number of layers that the engine has reported. */
  get layers(): number {
    return this.#layers.size;
  }

  take({ id, status = '', progressDetail }: EngineMessage): void {
    // A message without an id, or with the tag as its id, is about the whole image.
    if (id === undefined || /^pulling from/i.test(status)) return;
    const layer = this.#layers.get(id) ?? { current: 0, total: 0, fetched: false };
    const fetched = layer.fetched || FETCHED.test(status);
    const { current = layer.current, total = layer.total } = fetched ? {} : (progressDetail ?? {});
    this.#layers.set(id, { current: fetched ? total : current, total, fetched });
  }

  /** For users: `pulling NAME: 3 of 8 layers, 120 of 400 MiB`. */
  get text(): string {
    const layers = [...this.#layers.values()];
    const image = truncateUtf8(this.#image, DETAIL_MAX_BYTES - 60);
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
