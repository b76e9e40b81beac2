import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '#core/ports/audit-store.ts';
import type { EventPublisher, PublishOutcome } from '#core/ports/event-publisher.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { errorCode } from '../system-error.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** How long a file is kept after its day. */
export const EVENT_FILE_DAYS = 7;

/** The largest file, in bytes: some 20,000 events. Later events of its day are rejected. */
export const EVENT_FILE_MAX_BYTES = 10 * 1024 * 1024;

/**
 * Workbench events in files of local mode: one for each day (UTC), with a line of JSON for each event. The file has the day of the event,
 * so that an event that is published again is in the same file.
 */
export class EventFiles implements EventPublisher {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** The day for which old files were deleted. */
  #cleanedFor = '';

  /** @param folder created with the first event */
  constructor(folder: string, maxBytes: number = EVENT_FILE_MAX_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  async publish(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    const rejected = [];
    try {
      for (const event of events) {
        if (!(await this.#write(event))) rejected.push({ event, code: 'file_full' });
      }
    } catch (error) {
      throw new PortError('unavailable', 'the events could not be written to their file', error);
    }
    return { failed: [], rejected };
  }

  /** Returns whether the file of the day had space for it. */
  async #write(event: WorkbenchEvent): Promise<boolean> {
    const day = event.time.slice(0, 10);
    const file = join(this.#folder, `${day}.jsonl`);
    const line = `${JSON.stringify(event)}\n`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if ((await sizeOf(file)) + Buffer.byteLength(line) > this.#maxBytes) return false;
    await appendFile(file, line, { mode: 0o600 });
    if (day > this.#cleanedFor) await this.#deleteOld(day);
    return true;
  }

  async #deleteOld(day: string): Promise<void> {
    const oldest = new Date(Date.parse(day) - EVENT_FILE_DAYS * DAY_MS).toISOString().slice(0, 10);
    for (const name of await readdir(this.#folder)) {
      const dated = DAY_FILE.exec(name)?.[1];
      if (dated !== undefined && dated < oldest) await rm(join(this.#folder, name));
    }
    this.#cleanedFor = day;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
