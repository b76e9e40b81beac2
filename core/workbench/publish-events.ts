import type { EventPublisher } from '../ports/event-publisher.ts';
import { PortError } from '../ports/port-error.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkbenchEvent } from './workbench-event.ts';

export interface PublishPorts {
  readonly publisher: EventPublisher;
  readonly telemetry: Telemetry;
}

/**
 * Publishes events. Reports each that is never accepted.
 * @param events at most PUBLISHED_AT_ONCE_MAX
 * @returns the ids of those that must be published again
 */
export async function publishEvents(
  { publisher, telemetry }: PublishPorts,
  events: readonly WorkbenchEvent[],
): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set();
  try {
    const { failed, rejected } = await publisher.publish(events);
    for (const { event, code } of rejected) reportDropped(telemetry, event.id, code);
    if (failed.length > 0) {
      telemetry.warn('events were not accepted', { events: failed.length });
      telemetry.count('event_publish_failed', failed.length);
    }
    return new Set(failed.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    telemetry.error('events could not be published', { events: events.length, kind: error.kind }, error);
    telemetry.count('event_publish_failed', events.length);
    return new Set(events.map(({ id }) => id));
  }
}

/** Reports an event that is never published. The history has its entry. */
export function reportDropped(telemetry: Telemetry, id: string, code: string): void {
  telemetry.error('event dropped', { event: id, code });
  telemetry.count('event_dropped', 1);
}
