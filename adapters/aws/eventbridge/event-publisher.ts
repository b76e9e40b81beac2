import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { EventPublisher, PublishOutcome, RejectedEvent } from '#core/ports/event-publisher.ts';
import {
  WORKBENCH_EVENT_SOURCE,
  WORKBENCH_EVENTS,
  type WorkbenchEvent,
} from '#core/workbench/workbench-event.ts';
import { type ConnectionOptions, toClientConfig } from '../connection.ts';
import { errorNameOf, isMalformedRequest, isRejectedEntry, portError } from '../errors.ts';

/** The most entries of a PutEvents request. Ten events are at most 20 KB; EventBridge allows 256 KB. */
const ENTRIES_MAX = 10;

/** Entries that were not accepted are sent again so often, after a wait that doubles. */
const RETRIES_MAX = 3;
const FIRST_RETRY_MS = 200;

/** Waits for so many milliseconds. */
type Wait = (ms: number) => Promise<void>;

const waitInProcess: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Workbench events on a bus of EventBridge. */
export class BusEventPublisher implements EventPublisher {
  readonly #client: Pick<EventBridgeClient, 'send'>;
  readonly #bus: string;
  readonly #wait: Wait;

  /** @param bus the name of the bus */
  constructor(client: Pick<EventBridgeClient, 'send'>, bus: string, wait: Wait = waitInProcess) {
    this.#client = client;
    this.#bus = bus;
    this.#wait = wait;
  }

  async publish(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    const rejected: RejectedEvent[] = [];
    for (let start = 0; start < events.length; start += ENTRIES_MAX) {
      const outcome = await this.#putWithRetries(events.slice(start, start + ENTRIES_MAX));
      rejected.push(...outcome.rejected);
      // Those after it would fail for the same reason, and overtake it.
      if (outcome.failed.length > 0)
        return { failed: [...outcome.failed, ...events.slice(start + ENTRIES_MAX)], rejected };
    }
    return { failed: [], rejected };
  }

  async #putWithRetries(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    const rejected: RejectedEvent[] = [];
    let failed = events;
    for (let retries = 0; failed.length > 0; retries += 1) {
      const outcome = await this.#put(failed);
      rejected.push(...outcome.rejected);
      failed = outcome.failed;
      if (failed.length === 0 || retries === RETRIES_MAX) break;
      await this.#wait(FIRST_RETRY_MS * 2 ** retries);
    }
    return { failed, rejected };
  }

  async #put(events: readonly WorkbenchEvent[]): Promise<PublishOutcome> {
    const entries = await this.#send(events);
    const outcomes = events.map((event, index) => {
      const entry = entries[index];
      return { event, code: entry === undefined ? 'NoResult' : entry.ErrorCode };
    });
    const unaccepted = outcomes.flatMap(({ event, code }) => (code === undefined ? [] : [{ event, code }]));
    return {
      failed: unaccepted.filter(({ code }) => !isRejectedEntry(code)).map(({ event }) => event),
      rejected: unaccepted.filter(({ code }) => isRejectedEntry(code)),
    };
  }

  /** Returns the result of each entry, in order. */
  async #send(
    events: readonly WorkbenchEvent[],
  ): Promise<readonly { readonly ErrorCode?: string | undefined }[]> {
    try {
      const Entries = events.map((event) => this.#toEntry(event));
      const response = await this.#client.send(new PutEventsCommand({ Entries }));
      return response.Entries ?? [];
    } catch (error) {
      if (!isMalformedRequest(error)) throw portError('events', 'PutEvents', error);
      // One entry must not keep the others from the bus.
      if (events.length === 1) return [{ ErrorCode: errorNameOf(error) }];
      const parts = [];
      for (const event of events) parts.push(...(await this.#send([event])));
      return parts;
    }
  }

  #toEntry(event: WorkbenchEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.#bus,
      Source: WORKBENCH_EVENT_SOURCE,
      DetailType: WORKBENCH_EVENTS[event.type],
      Time: new Date(event.time),
      Detail: JSON.stringify(event),
    };
  }
}

/**
 * A client of EventBridge. No user waits for it, and its readers expect repeated events. Beside its adapter, so that no other function
 * loads it. The caller must call `destroy()`.
 */
export function createEventBridgeClient(options: ConnectionOptions = {}): EventBridgeClient {
  return new EventBridgeClient(toClientConfig({ maxAttempts: 3, ...options }));
}
