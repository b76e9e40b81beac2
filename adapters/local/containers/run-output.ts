import { join } from 'node:path';
import { OUTPUT_MAX_BYTES, type RunLogs } from '../tasks/run-logs.ts';
import type { Engine } from './engine.ts';

/** How many lines of output of a run are read. A line can have any length. */
const OUTPUT_LINES_MAX = 20_000;
const FRAME_HEADER_BYTES = 8;

/** Stores the output of containers before they are removed, in the same files as the process runtime. */
export class RunOutput {
  readonly #engine: Pick<Engine, 'readOutput'>;
  readonly #logs: RunLogs;

  constructor(engine: Pick<Engine, 'readOutput'>, logs: RunLogs) {
    this.#engine = engine;
    this.#logs = logs;
  }

  /** Returns the file of a run relative to the data folder, for messages. */
  fileName(workbenchId: string, runId: string): string {
    return join('logs', this.#logs.fileName(workbenchId, runId));
  }

  /** Replaces the content of the file of a run by the last bytes of the output. */
  async save(containerId: string, workbenchId: string, runId: string): Promise<void> {
    const last = new LastBytes(OUTPUT_MAX_BYTES);
    const output = await this.#engine.readOutput(containerId, OUTPUT_LINES_MAX);
    for await (const bytes of readFrames(output)) last.add(bytes);
    await this.#logs.replace(workbenchId, runId, last.toBuffer());
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

/** Keeps the last bytes of a stream in memory of a fixed size. */
class LastBytes {
  readonly #memory: Buffer;
  /** Where the next byte is written. The bytes from here on are the oldest ones once the memory is full. */
  #at = 0;
  #isFull = false;

  constructor(max: number) {
    this.#memory = Buffer.allocUnsafe(max);
  }

  add(bytes: Buffer): void {
    const max = this.#memory.length;
    const last = bytes.subarray(-max);
    const copied = last.copy(this.#memory, this.#at);
    last.copy(this.#memory, 0, copied);
    this.#isFull ||= this.#at + last.length >= max;
    this.#at = (this.#at + last.length) % max;
  }

  toBuffer(): Buffer {
    const newest = this.#memory.subarray(0, this.#at);
    return this.#isFull ? Buffer.concat([this.#memory.subarray(this.#at), newest]) : newest;
  }
}
