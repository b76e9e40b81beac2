import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type AuditEvent, auditEventSchema } from '#core/audit/audit-event.ts';
import { type AuditPage, type AuditQuery, type AuditStore, DAY_MS } from '#core/ports/audit-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

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
  /** The day for which old files were deleted. */
  #cleanedFor = '';

  constructor(options: AuditFilesOptions) {
    this.#options = options;
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
    const { folder, telemetry } = this.#options;
    const day = dayOf(event.at);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const line = `${JSON.stringify(z.encode(auditEventSchema, event))}\n`;
      await appendFile(join(folder, `${day}.jsonl`), line, { mode: 0o600 });
      if (day > this.#cleanedFor) await this.#deleteOld(event.at, day);
    } catch (error) {
      telemetry.error('an audit event could not be written to its file', { action: event.action }, error);
    }
  }

  async #deleteOld(now: number, day: string): Promise<void> {
    const { folder, days } = this.#options;
    const oldest = dayOf(now - days * DAY_MS);
    for (const name of await readdir(folder)) {
      const dated = DAY_FILE.exec(name)?.[1];
      if (dated !== undefined && dated < oldest) await rm(join(folder, name));
    }
    this.#cleanedFor = day;
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
