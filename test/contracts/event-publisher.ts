import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type EventPublisher, PUBLISHED_AT_ONCE_MAX } from '#core/ports/event-publisher.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { aWorkbenchEvent } from '../builders/workbench-event.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface EventPublisherSubject {
  readonly publisher: EventPublisher;
  /** Returns the events as their readers receive them. */
  readonly received: () => Promise<readonly WorkbenchEvent[]>;
  /** From now on nothing can be published. */
  readonly breakDown: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** The contract of EventPublisher. */
export function describeEventPublisherContract(
  name: string,
  make: () => Promise<EventPublisherSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name}: the contract of EventPublisher`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: EventPublisherSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    it('publishes an event with all its fields', async () => {
      const event = aWorkbenchEvent(1, {
        name: 'größe "😀"',
        status_reason: { code: 'idle', message: 'line\nbreak' },
        requested_by: 'bob',
      });
      expect(await subject.publisher.publish([event])).toEqual({ failed: [], rejected: [] });
      expect(await subject.received()).toEqual([event]);
    });

    it('accepts no events', async () => {
      expect(await subject.publisher.publish([])).toEqual({ failed: [], rejected: [] });
      expect(await subject.received()).toEqual([]);
    });

    it('publishes as many events as one call may have, in their order', async () => {
      const events = Array.from({ length: PUBLISHED_AT_ONCE_MAX }, (_, index) => aWorkbenchEvent(index + 1));
      expect(await subject.publisher.publish(events)).toEqual({ failed: [], rejected: [] });
      expect(await subject.received()).toEqual(events);
    });

    it('publishes an event again, with its id', async () => {
      await subject.publisher.publish([aWorkbenchEvent(1)]);
      await subject.publisher.publish([aWorkbenchEvent(1), aWorkbenchEvent(2)]);
      const ids = new Set((await subject.received()).map(({ id }) => id));
      expect([...ids]).toEqual([aWorkbenchEvent(1).id, aWorkbenchEvent(2).id]);
    });

    it('throws a PortError if nothing can be published', async () => {
      await subject.breakDown();
      await expect(subject.publisher.publish([aWorkbenchEvent()])).rejects.toBeInstanceOf(PortError);
      expect(await subject.received()).toEqual([]);
    });
  });
}
