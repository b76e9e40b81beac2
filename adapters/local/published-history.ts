import type { HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { type PublishPorts, publishEvents } from '#core/workbench/publish-events.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';

/**
 * A HistoryStore that publishes the events of the entries that it writes, in the place of the stream of a table. They are published
 * first: after a crash in between the record still has the entries, and both is done again. An event that cannot be published is
 * reported, and delays nothing.
 */
export class PublishedHistory implements HistoryStore {
  readonly #inner: HistoryStore;
  readonly #ports: PublishPorts;

  constructor(inner: HistoryStore, ports: PublishPorts) {
    this.#inner = inner;
    this.#ports = ports;
  }

  async append(
    workbenchId: string,
    entries: readonly HistoryEntry[],
    events: readonly WorkbenchEvent[] = [],
  ): Promise<void> {
    await publishEvents(this.#ports, events);
    await this.#inner.append(workbenchId, entries, events);
  }

  list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    return this.#inner.list(workbenchId);
  }

  expire(workbenchId: string, at: number): Promise<void> {
    return this.#inner.expire(workbenchId, at);
  }
}
