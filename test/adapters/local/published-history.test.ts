import { expect, it } from 'vitest';
import { PublishedHistory } from '#adapters/local/published-history.ts';
import { aHistoryEntry, ID } from '#test/builders/workbench.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { describeHistoryStoreContract } from '#test/contracts/history-store.ts';
import { MemoryEventPublisher } from '#test/memory/memory-event-publisher.ts';
import { MemoryHistoryStore } from '#test/memory/memory-stores.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

function open() {
  const inner = new MemoryHistoryStore();
  const publisher = new MemoryEventPublisher();
  const telemetry = new RecordingTelemetry();
  return { inner, publisher, telemetry, history: new PublishedHistory(inner, { publisher, telemetry }) };
}

describeHistoryStoreContract('PublishedHistory', async () => {
  const { inner, history } = open();
  return { store: history, sweep: async (now) => inner.deleteExpired(now), dispose: async () => {} };
});

it('publishes the events of entries before it writes these, so that a crash in between loses none', async () => {
  const { inner, publisher, history } = open();
  inner.append = async () => {
    throw new Error('the process ends');
  };
  await expect(history.append(ID, [aHistoryEntry()], [aWorkbenchEvent()])).rejects.toThrow(
    'the process ends',
  );
  expect(publisher.published).toEqual([aWorkbenchEvent()]);
});

it('publishes the event of an entry once, although two writers write the entry', async () => {
  const { publisher, history } = open();
  await Promise.all([1, 2].map(() => history.append(ID, [aHistoryEntry()], [aWorkbenchEvent()])));
  expect(publisher.published).toEqual([aWorkbenchEvent()]);
});

it('publishes an event again that could not be published, when its entry is written again', async () => {
  const { publisher, history } = open();
  publisher.isBroken = true;
  await history.append(ID, [aHistoryEntry()], [aWorkbenchEvent()]);
  publisher.isBroken = false;
  await history.append(ID, [aHistoryEntry()], [aWorkbenchEvent()]);
  expect(publisher.published).toEqual([aWorkbenchEvent()]);
});

it('writes the entries although their events cannot be published, and counts the events', async () => {
  const { inner, publisher, telemetry, history } = open();
  publisher.isBroken = true;
  await history.append(ID, [aHistoryEntry()], [aWorkbenchEvent()]);
  expect(await inner.list(ID)).toHaveLength(1);
  expect(telemetry.counts.get('event_publish_failed')).toBe(1);
});
