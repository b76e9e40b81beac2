import { join } from 'node:path';
import type { RunLogs } from '../tasks/run-logs.ts';
import type { Engine } from './engine.ts';

/** What is kept of a run's output: the last lines, and of these the last bytes. */
const MOST_LINES = 20_000;
const MOST_BYTES = 8 * 1024 * 1024;
const HEADER = 8;

/** Keeps what containers printed, as files beside those of the process runtime, before they are removed. */
export class RunOutput {
  readonly #engine: Pick<Engine, 'output'>;
  readonly #logs: RunLogs;

  constructor(engine: Pick<Engine, 'output'>, logs: RunLogs) {
    this.#engine = engine;
    this.#logs = logs;
  }

  /** The file of a run, for people. */
  name(workbenchId: string, runId: string): string {
    return join('logs', this.#logs.name(workbenchId, runId));
  }

  /** Writes the file of a run anew. */
  async keep(containerId: string, workbenchId: string, runId: string): Promise<void> {
    const printed = plainOutput(await this.#engine.output(containerId, MOST_LINES));
    const file = await this.#logs.begin(workbenchId, runId);
    try {
      await file.truncate();
      await file.write(printed.subarray(Math.max(0, printed.length - MOST_BYTES)));
    } finally {
      this.#logs.end(workbenchId, runId);
      await file.close();
    }
  }
}

/** Takes off the headers with which engines mix stdout and stderr: stream, three zeros, length (big endian). */
export function plainOutput(mixed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + HEADER <= mixed.length; ) {
    const end = at + HEADER + mixed.readUInt32BE(at + 4);
    parts.push(mixed.subarray(at + HEADER, end));
    at = end;
  }
  return Buffer.concat(parts);
}
