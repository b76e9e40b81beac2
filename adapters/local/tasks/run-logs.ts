import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { errorCode } from '../../system-error.ts';
import { checkWorkbenchId } from '../workbench-id.ts';
import { OLDER, OutputRing } from './output-ring.ts';

/** The number of runs of a workbench whose output is kept. */
const LOGS_PER_WORKBENCH_MAX = 5;
/** The most bytes of output that are kept of a run. */
export const OUTPUT_MAX_BYTES = 8 * 1024 * 1024;

/** The output of runs: `<root>/<workbenchId>/<runId>.log`, and what was printed before it in `<runId>.log.1`. */
export class RunLogs {
  readonly #root: string;
  readonly #telemetry: Telemetry | undefined;
  readonly #maxBytes: number;
  /** The runs whose output is being written: their files without the ending. */
  readonly #open = new Set<string>();

  /** @param root absolute path of a folder with one folder per workbench */
  constructor(root: string, telemetry?: Telemetry, maxBytes = OUTPUT_MAX_BYTES) {
    this.#root = root;
    this.#telemetry = telemetry;
    this.#maxBytes = maxBytes;
  }

  /** Returns the file of a run, relative to the root. */
  fileName(workbenchId: string, runId: string): string {
    return join(checkWorkbenchId(workbenchId), `${checkWorkbenchId(runId)}.log`);
  }

  /**
   * Opens the files of a run, to add to the output of its earlier attempts. The caller must close the ring.
   * Deletes the output of the oldest runs of the workbench.
   */
  async open(workbenchId: string, runId: string): Promise<OutputRing> {
    const path = await this.#prepare(workbenchId, runId);
    this.#open.add(path);
    return new OutputRing({
      file: `${path}.log`,
      maxBytes: this.#maxBytes,
      onLoss: (error) =>
        this.#telemetry?.error('output of a workbench cannot be stored', { workbenchId, runId }, error),
      onClose: (lostBytes) => {
        this.#open.delete(path);
        if (lostBytes > 0) {
          this.#telemetry?.error('output of a workbench was lost', { workbenchId, runId, lostBytes });
        }
      },
    });
  }

  /** Returns the output of a run, from older to newer; empty if none is kept. */
  async read(workbenchId: string, runId: string): Promise<Buffer> {
    const path = this.#pathOf(workbenchId, runId);
    const files = [`${path}.log${OLDER}`, `${path}.log`];
    return Buffer.concat(await Promise.all(files.map((file) => readFile(file).catch(emptyIfMissing))));
  }

  /** Deletes the output of a run. */
  async remove(workbenchId: string, runId: string): Promise<void> {
    const path = this.#pathOf(workbenchId, runId);
    for (const file of [`${path}.log${OLDER}`, `${path}.log`]) await rm(file, { force: true });
  }

  /** Creates the folder of a workbench and deletes the output of its oldest runs. Returns the path of a run. */
  async #prepare(workbenchId: string, runId: string): Promise<string> {
    const path = this.#pathOf(workbenchId, runId);
    const folder = join(this.#root, checkWorkbenchId(workbenchId));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#prune(folder, path);
    return path;
  }

  #pathOf(workbenchId: string, runId: string): string {
    return join(this.#root, checkWorkbenchId(workbenchId), checkWorkbenchId(runId));
  }

  /** @param path the run whose output is about to be written, and which is one of those that are kept */
  async #prune(folder: string, path: string): Promise<void> {
    const names = await readdir(folder);
    const ends = ['.log', `.log${OLDER}`];
    const runs = new Set(
      names.flatMap((name) =>
        ends.filter((end) => name.endsWith(end)).map((end) => name.slice(0, -end.length)),
      ),
    );
    const dated = await Promise.all(
      [...runs].map(async (run) => {
        const { mtimeMs = 0 } = (await stat(join(folder, `${run}.log`)).catch(() => undefined)) ?? {};
        return { file: join(folder, run), at: mtimeMs };
      }),
    );
    const others = dated.filter(({ file }) => file !== path && !this.#open.has(file));
    others.sort((a, b) => b.at - a.at);
    for (const { file } of others.slice(LOGS_PER_WORKBENCH_MAX - 1)) {
      for (const end of ends) await rm(`${file}${end}`, { force: true });
    }
  }
}

function emptyIfMissing(error: unknown): Buffer {
  if (errorCode(error) === 'ENOENT') return Buffer.of();
  throw error;
}
