import { join } from 'node:path';
import { OutputRate } from '../tasks/output-rate.ts';
import { OUTPUT_MAX_BYTES, type RunLogs } from '../tasks/run-logs.ts';
import { pause, type Timers } from '../timers.ts';
import type { Engine } from './engine.ts';

/** How many lines of output of a run are read. A line can have any length. */
const OUTPUT_LINES_MAX = 20_000;
const FRAME_HEADER_BYTES = 8;

export interface StoreOptions {
  /** Goes on with what the container prints from now on, until it has ended. */
  readonly follow: boolean;
  /** Whether nothing of the container can be stored yet: its output follows that of earlier attempts of the run. */
  readonly isNew: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** Stores the output of containers in the same files as the process runtime. */
export class RunOutput {
  readonly #engine: Pick<Engine, 'readOutput'>;
  readonly #logs: RunLogs;
  readonly #timers: Timers;

  constructor(engine: Pick<Engine, 'readOutput'>, logs: RunLogs, timers: Timers) {
    this.#engine = engine;
    this.#logs = logs;
    this.#timers = timers;
  }

  /** Returns the file of a run relative to the data folder, for messages. */
  fileName(workbenchId: string, runId: string): string {
    return join('logs', this.#logs.fileName(workbenchId, runId));
  }

  /**
   * Adds what a container has printed to the files of its run. The engine sends the output from its beginning; what the files have already
   * is left out, so that a reader in the middle of it continues there. If they begin with something else, for example with lines that
   * the engine no longer has, they are replaced.
   */
  async store(
    containerId: string,
    workbenchId: string,
    runId: string,
    { follow, isNew, signal }: StoreOptions,
  ): Promise<void> {
    const output = await this.#engine.readOutput(containerId, { lines: OUTPUT_LINES_MAX, follow, signal });
    const rate = new OutputRate(OUTPUT_MAX_BYTES, this.#timers);
    let stored = isNew ? Buffer.of() : await this.#logs.read(workbenchId, runId);
    /** How many of the stored bytes the engine has sent. */
    let repeated = 0;
    let ring = await this.#logs.open(workbenchId, runId);
    try {
      // So that the file exists when nothing is printed.
      await ring.write(Buffer.of());
      for await (const bytes of readFrames(output)) {
        const expected = stored.subarray(repeated, repeated + bytes.length);
        if (expected.equals(bytes.subarray(0, expected.length))) {
          repeated += expected.length;
          await ring.write(bytes.subarray(expected.length));
        } else {
          await ring.close();
          await this.#logs.remove(workbenchId, runId);
          ring = await this.#logs.open(workbenchId, runId);
          await ring.write(Buffer.concat([stored.subarray(0, repeated), bytes]));
          repeated = stored.length;
        }
        // The memory is no longer needed.
        if (repeated === stored.length) [stored, repeated] = [Buffer.of(), 0];
        const waitMs = rate.take(bytes.length);
        if (waitMs > 0) await pause(this.#timers, waitMs, signal);
      }
    } finally {
      await ring.close();
    }
  }
}

/**
 * Yields multiplexed stdout and stderr without the frame headers: stream, three zeros, length (big endian). The frames
 * may be cut anywhere.
 */
export async function* readFrames(multiplexed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let header = Buffer.of();
  /** Bytes of the frame that are still to come. */
  let rest = 0;
  for await (const bytes of multiplexed) {
    for (let at = 0; at < bytes.length; ) {
      if (rest > 0) {
        const content = bytes.subarray(at, at + rest);
        at += content.length;
        rest -= content.length;
        yield content;
        continue;
      }
      const part = bytes.subarray(at, at + FRAME_HEADER_BYTES - header.length);
      at += part.length;
      header = Buffer.concat([header, part]);
      if (header.length < FRAME_HEADER_BYTES) continue;
      rest = header.readUInt32BE(4);
      header = Buffer.of();
    }
  }
}
