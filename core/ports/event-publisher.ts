import type { WorkbenchEvent } from '../workbench/workbench-event.ts';

/** The most events of one call. */
export const PUBLISHED_AT_ONCE_MAX = 100;

/**
 * Where other systems receive workbench events: a bus, or a file. Each event is accepted on its own. Events may be published again,
 * for example after a call without a response: readers recognize them by their id.
 */
export interface EventPublisher {
  /**
   * Publishes events, in their order as far as all are accepted.
   * @param events at most PUBLISHED_AT_ONCE_MAX
   * @throws PortError if a call failed; each of the events may have been accepted
   */
  publish(events: readonly WorkbenchEvent[]): Promise<PublishOutcome>;
}

export interface PublishOutcome {
  /** Not accepted now, but possibly later. */
  readonly failed: readonly WorkbenchEvent[];
  /** Never accepted: a retry would fail in the same way. */
  readonly rejected: readonly RejectedEvent[];
}

export interface RejectedEvent {
  readonly event: WorkbenchEvent;
  /** The code of the publisher. */
  readonly code: string;
}
