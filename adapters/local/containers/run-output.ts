import { join } from 'node:path';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { Engine } from './engine.ts';

/** What is kept of a run's output: the last lines, and of these the last bytes. */
const OUTPUT_LINES_MAX = 20_000;
const OUTPUT_MAX_BYTES = 8 * 1024 * 1024;
const FRAME_HEADER_BYTES = 8;

/** Keeps what containers printed, as files beside those of the process runtime, before they are deleted. */
export class RunOutput {
  readonly #engine: Pick<Engine, 'readOutput'>;
  readonly #logs: RunLogs;

  constructor(engine: Pick<Engine, 'readOutput'>, logs: RunLogs) {
    this.#engine = engine;
    this.#logs = logs;
  }

  /** The file of a run, for people. */
  fileName(workbenchId: string, runId: string): string {
    return join('logs', this.#logs.fileName(workbenchId, runId));
  }

  /** Writes the file of a run anew. */
  async save(containerId: string, workbenchId: string, runId: string): Promise<void> {
    const printed = stripFrameHeaders(await this.#engine.readOutput(containerId, OUTPUT_LINES_MAX));
    const file = await this.#logs.open(workbenchId, runId);
    try {
      await file.truncate();
      await file.write(printed.subarray(Math.max(0, printed.length - OUTPUT_MAX_BYTES)));
    } finally {
      this.#logs.close(workbenchId, runId);
      await file.close();
    }
  }
}

/** Takes off the headers with which engines mix stdout and stderr: stream, three zeros, length (big endian). */
export function stripFrameHeaders(mixed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + FRAME_HEADER_BYTES <= mixed.length; ) {
    const end = at + FRAME_HEADER_BYTES + mixed.readUInt32BE(at + 4);
    parts.push(mixed.subarray(at + FRAME_HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}
