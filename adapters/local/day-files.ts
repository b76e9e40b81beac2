import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type AuditEvent, auditEventSchema } from '#core/audit/audit-event.ts';
import { type AuditPage, type AuditQuery, type AuditStore, DAY_MS } from '#core/ports/audit-store.ts';
import type { EventPublisher, PublishOutcome } from '#core/ports/event-publisher.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { errorCode } from '../system-error.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** Files of JSON lines in a folder, one for each day (UTC). The first line of a later day deletes the files that are too old. */
class DayFiles {
  readonly #folder: string;
  readonly #days: number;
  readonly #maxBytes: number | undefined;
  /** The day for which old files were deleted. */
  #cleanedFor = '';

  /**
   * @param folder created with the first line
   * @param days how long a file is kept after its day
   * @param maxBytes the largest file. @default no limit
   */
  constructor(folder: string, days: number, maxBytes?: number) {
    this.#folder = folder;
    this.#days = days;
    this.#maxBytes = maxBytes;
  }

  /** Appends a value to the file of a day, `2030-01-31`. Returns whether the file had space for it. @throws errors of the file system */
  async append(day: string, value: unknown): Promise<boolean> {
    const file = join(this.#folder, `${day}.jsonl`);
    const line = `${JSON.stringify(value)}\n`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (this.#maxBytes !== undefined && (await sizeOf(file)) + Buffer.byteLength(line) > this.#maxBytes)
      return false;
    await appendFile(file, line, { mode: 0o600 });
    if (day > this.#cleanedFor) await this.#deleteOld(day);
    return true;
  }

  async #deleteOld(day: string): Promise<void> {
    const oldest = dayOf(Date.parse(day) - this.#days * DAY_MS);
    for (const name of await readdir(this.#folder)) {
      const dated = DAY_FILE.exec(name)?.[1];
      if (dated !== undefined && dated < oldest) await rm(join(this.#folder, name));
    }
    this.#cleanedFor = day;
  }
}

/** The day of a time, as `DayFiles` names it. */
function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

export interface AuditFilesOptions {
  /** Stores the events. The files are copies for other programs. */
  readonly store: AuditStore;
  /** Created with the first event. */
  readonly folder: string;
  /** How long a file is kept after its day. */
  readonly days: number;
  readonly telemetry: Telemetry;
}

/**
 * An AuditStore that also appends each event to a file of its day (UTC), as a line of JSON. An event that cannot be written there, for
 * example because the disk is full, is missing in the file alone. One that several processes store once may occur twice, with one id.
 */
export class AuditFiles implements AuditStore {
  readonly #options: AuditFilesOptions;
  readonly #files: DayFiles;

  constructor(options: AuditFilesOptions) {
    this.#options = options;
    this.#files = new DayFiles(options.folder, options.days);
  }

  async append(event: AuditEvent): Promise<void> {
    await this.#options.store.append(event);
    await this.#write(event);
  }

  async appendOnce(event: AuditEvent): Promise<void> {
    await this.#options.store.appendOnce(event);
    await this.#write(event);
  }

  list(query: AuditQuery): Promise<AuditPage> {
    return this.#options.store.list(query);
  }

  async #write(event: AuditEvent): Promise<void> {
    try {
      await this.#files.append(dayOf(event.at), z.encode(auditEventSchema, event));
    } catch (error) {
      this.#options.telemetry.error(
        'an audit event could not be written to its file',
        { action: event.action },
        error,
      );
    }
  }
}

/** How long a file is kept after its day. */
export const EVENT_FILE_DAYS = 7;

/** The largest file, in bytes: some 20,000 events. Later events of its day are rejected. */
export const EVENT_FILE_MAX_BYTES = 10 * 1024 * 1024;

/**
 * Workbench events in files of local mode: one for each day (UTC), with a line of JSON for each event. The file has the day of the event,
 * so that an event that is published again is in the same file.
 */
export class EventFiles implements EventPublisher {
  readonly #files: DayFiles;

  /** @param folder created with the first event */
  constructor(folder: string, maxBytes: number = EVENT_FILE_MAX_BYTES) {
    this.#files = new DayFiles(folder, EVENT_FILE_DAYS, maxBytes);
  }

  async publish(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    const rejected = [];
    try {
      for (const event of events) {
        if (!(await this.#files.append(event.time.slice(0, 10), event)))
          rejected.push({ event, code: 'file_full' });
      }
    } catch (error) {
      throw new PortError('unavailable', 'the events could not be written to their file', error);
    }
    return { failed: [], rejected };
  }
}
