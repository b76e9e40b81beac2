import { join } from 'node:path';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { Engine } from './engine.ts';

/** How much output of a run is stored: the last lines, and of these the last bytes. */
const OUTPUT_LINES_MAX = 20_000;
const OUTPUT_MAX_BYTES = 8 * 1024 * 1024;
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

  /** Replaces the content of the file of a run. */
  async save(containerId: string, workbenchId: string, runId: string): Promise<void> {
    const output = stripFrameHeaders(await this.#engine.readOutput(containerId, OUTPUT_LINES_MAX));
    const file = await this.#logs.open(workbenchId, runId);
    try {
      await file.truncate();
      await file.write(output.subarray(Math.max(0, output.length - OUTPUT_MAX_BYTES)));
    } finally {
      this.#logs.close(workbenchId, runId);
      await file.close();
    }
  }
}

/** Removes the frame headers of multiplexed stdout and stderr: stream, three zeros, length (big endian). */
export function stripFrameHeaders(multiplexed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + FRAME_HEADER_BYTES <= multiplexed.length; ) {
    const end = at + FRAME_HEADER_BYTES + multiplexed.readUInt32BE(at + 4);
    parts.push(multiplexed.subarray(at + FRAME_HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}
