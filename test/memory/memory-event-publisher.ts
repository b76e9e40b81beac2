import type { EventPublisher, PublishOutcome } from '#core/ports/event-publisher.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';

/** Workbench events in memory. */
export class MemoryEventPublisher implements EventPublisher {
  readonly published: WorkbenchEvent[] = [];
  isBroken = false;
  /** Ids of events that are not accepted now, and that are never accepted. */
  readonly failing = new Set<string>();
  readonly rejecting = new Set<string>();

  async publish(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    if (this.isBroken) throw new PortError('unavailable', 'the bus is unavailable');
    const rejected = events.filter(({ id }) => this.rejecting.has(id));
    const failed = events.filter(({ id }) => this.failing.has(id));
    this.published.push(...events.filter((event) => !rejected.includes(event) && !failed.includes(event)));
    return { failed, rejected: rejected.map((event) => ({ event, code: 'rejected' })) };
  }
}
