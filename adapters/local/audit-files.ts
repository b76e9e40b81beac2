import * as z from 'zod/mini';
import { type AuditEvent, auditEventSchema } from '#core/audit/audit-event.ts';
import type { AuditPage, AuditQuery, AuditStore } from '#core/ports/audit-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { DayFiles, dayOf } from './day-files.ts';

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
