import { copyFile, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../system-error.ts';
import { pause, type Timers } from '../timers.ts';
import { checkWorkbenchId } from '../workbench-id.ts';

/** The number of runs of a workbench whose output is kept. */
const LOGS_PER_WORKBENCH_MAX = 5;
/** A larger file is truncated, bytes. Its content is copied to `.log.1` first. */
const LOG_MAX_BYTES = 8 * 1024 * 1024;
/** How often the size of the files of live runs is checked, milliseconds. */
const SIZE_CHECK_INTERVAL_MS = 10_000;

/** The output files of runs: `<root>/<workbenchId>/<runId>.log`. The processes write to them directly. */
export class RunLogs {
  readonly #root: string;
  readonly #timers: Timers;
  readonly #maxBytes: number;
  readonly #openFiles = new Set<string>();
  #watching: AbortController | undefined;

  /** @param root absolute path of a folder with one folder per workbench */
  constructor(root: string, timers: Timers, maxBytes = LOG_MAX_BYTES) {
    this.#root = root;
    this.#timers = timers;
    this.#maxBytes = maxBytes;
  }

  /** Returns the file of a run, relative to the root. */
  fileName(workbenchId: string, runId: string): string {
    return join(checkWorkbenchId(workbenchId), `${checkWorkbenchId(runId)}.log`);
  }

  /** Opens the file of a run for appending and watches its size. The caller must close the returned handle. */
  async open(workbenchId: string, runId: string) {
    const folder = join(this.#root, checkWorkbenchId(workbenchId));
    const file = join(this.#root, this.fileName(workbenchId, runId));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    await this.#prune(folder);
    this.#openFiles.add(file);
    this.#watch();
    return handle;
  }

  /** Stops watching the file of a run. */
  close(workbenchId: string, runId: string): void {
    this.#openFiles.delete(join(this.#root, this.fileName(workbenchId, runId)));
    if (this.#openFiles.size === 0) this.#watching?.abort();
  }

  /** Truncates the watched files that are too large. */
  async truncateLarge(): Promise<void> {
    for (const file of this.#openFiles) {
      try {
        if ((await stat(file)).size <= this.#maxBytes) continue;
        // The process continues to append to the same file. Output between these two calls is lost.
        await copyFile(file, `${file}.1`);
        await truncate(file, 0);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') this.#openFiles.delete(file);
      }
    }
  }

  #watch(): void {
    if (this.#watching?.signal.aborted === false) return;
    const watching = new AbortController();
    this.#watching = watching;
    void (async () => {
      for (;;) {
        await pause(this.#timers, SIZE_CHECK_INTERVAL_MS, watching.signal);
        if (watching.signal.aborted) return;
        await this.truncateLarge();
      }
    })();
  }

  async #prune(folder: string): Promise<void> {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.log'));
    const dated = await Promise.all(
      files.map(async (file) => ({
        file,
        at: (await stat(join(folder, file)).catch(() => undefined))?.mtimeMs ?? 0,
      })),
    );
    dated.sort((a, b) => b.at - a.at);
    for (const { file } of dated.slice(LOGS_PER_WORKBENCH_MAX)) {
      if (this.#openFiles.has(join(folder, file))) continue;
      await rm(join(folder, file), { force: true });
      await rm(join(folder, `${file}.1`), { force: true });
    }
  }
}
