import { expect, it } from 'vitest';
import { publishEvents } from '#core/workbench/publish-events.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { MemoryEventPublisher } from '#test/memory/memory-event-publisher.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

const EVENTS = [1, 2, 3].map((seq) => aWorkbenchEvent(seq));
const [FIRST, SECOND, THIRD] = EVENTS.map(({ id }) => id) as [string, string, string];

function open() {
  return { publisher: new MemoryEventPublisher(), telemetry: new RecordingTelemetry() };
}

it('publishes events', async () => {
  const ports = open();
  expect(await publishEvents(ports, EVENTS)).toEqual(new Set());
  expect(ports.publisher.published).toEqual(EVENTS);
  expect(ports.telemetry.counts).toEqual(new Map());
});

it('makes no call without events', async () => {
  const ports = open();
  ports.publisher.isBroken = true;
  expect(await publishEvents(ports, [])).toEqual(new Set());
  expect(ports.telemetry.counts).toEqual(new Map());
});

it('returns and counts those that were not accepted, and reports the ids of those that never are', async () => {
  const ports = open();
  ports.publisher.failing.add(SECOND);
  ports.publisher.rejecting.add(THIRD);
  expect(await publishEvents(ports, EVENTS)).toEqual(new Set([SECOND]));
  expect(ports.publisher.published.map(({ id }) => id)).toEqual([FIRST]);
  expect(ports.telemetry.counts).toEqual(
    new Map([
      ['event_dropped', 1],
      ['event_publish_failed', 1],
    ]),
  );
  expect(ports.telemetry.fields.get('event dropped')).toEqual({ event: THIRD, code: 'rejected' });
});

it('returns and counts all of them if the publisher is unavailable', async () => {
  const ports = open();
  ports.publisher.isBroken = true;
  expect(await publishEvents(ports, EVENTS)).toEqual(new Set([FIRST, SECOND, THIRD]));
  expect(ports.telemetry.counts).toEqual(new Map([['event_publish_failed', 3]]));
});

it('throws other errors, which are mistakes of the program', async () => {
  const ports = open();
  ports.publisher.publish = async () => {
    throw new TypeError('a mistake');
  };
  await expect(publishEvents(ports, EVENTS)).rejects.toThrow('a mistake');
});
