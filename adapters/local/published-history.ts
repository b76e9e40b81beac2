import type { HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { type PublishPorts, publishEvents } from '#core/workbench/publish-events.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';

/** The number of events that are remembered, so that two writers of one entry do not both publish its event. */
const REMEMBERED_MAX = 10_000;

/**
 * A HistoryStore that publishes the events of the entries that it writes, in the place of the stream of a table. They are published
 * first: after a crash in between the record still has the entries, and both is done again. An event that cannot be published is
 * reported, and delays nothing.
 */
export class PublishedHistory implements HistoryStore {
  readonly #inner: HistoryStore;
  readonly #ports: PublishPorts;
  /** The ids of the last events that this server has published, the oldest first. */
  readonly #published = new Set<string>();

  constructor(inner: HistoryStore, ports: PublishPorts) {
    this.#inner = inner;
    this.#ports = ports;
  }

  async append(
    workbenchId: string,
    entries: readonly HistoryEntry[],
    events: readonly WorkbenchEvent[] = [],
  ): Promise<void> {
    const unpublished = events.filter(({ id }) => !this.#published.has(id));
    for (const { id } of unpublished) this.#remember(id);
    for (const id of await publishEvents(this.#ports, unpublished)) this.#published.delete(id);
    await this.#inner.append(workbenchId, entries, events);
  }

  list(workbenchId: string): Promise<readonly HistoryEntry[]> {
    return this.#inner.list(workbenchId);
  }

  expire(workbenchId: string, at: number): Promise<void> {
    return this.#inner.expire(workbenchId, at);
  }

  #remember(id: string): void {
    this.#published.add(id);
    const [oldest] = this.#published;
    if (this.#published.size > REMEMBERED_MAX && oldest !== undefined) this.#published.delete(oldest);
  }
}
