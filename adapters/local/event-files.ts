import type { EventPublisher, PublishOutcome } from '#core/ports/event-publisher.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { DayFiles } from './day-files.ts';

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
