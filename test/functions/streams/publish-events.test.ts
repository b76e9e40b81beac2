import { describe, expect, it } from 'vitest';
import { build, type TableChange } from '#functions/streams/publish-events.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { MemoryEventPublisher } from '#test/memory/memory-event-publisher.ts';
import { RecordingTelemetry } from '#test/memory/memory-world.ts';

function open() {
  const ports = { publisher: new MemoryEventPublisher(), telemetry: new RecordingTelemetry() };
  return { ...ports, publish: build(ports) };
}

const changeOf = (seq: number, image: object = {}): TableChange => ({
  dynamodb: {
    SequenceNumber: `number-${seq}`,
    Keys: { pk: { S: 'history#some-workbench' }, sk: { S: String(seq) } },
    NewImage: { entry: { M: {} }, event: { S: JSON.stringify(aWorkbenchEvent(seq)) }, ...image },
  },
});
const CHANGES = [1, 2, 3, 4].map((seq) => changeOf(seq));
const NOTHING_FAILED = { batchItemFailures: [] };

describe('publish-events', () => {
  it('publishes the event of each new history entry', async () => {
    const { publish, publisher } = open();
    expect(await publish({ Records: CHANGES })).toEqual(NOTHING_FAILED);
    expect(publisher.published).toEqual([1, 2, 3, 4].map((seq) => aWorkbenchEvent(seq)));
  });

  it('passes on fields that this version does not know', async () => {
    const { publish, publisher } = open();
    const newer = { ...aWorkbenchEvent(1), field_of_a_newer_version: 'x' };
    await publish({ Records: [changeOf(1, { event: { S: JSON.stringify(newer) } })] });
    expect(publisher.published).toEqual([newer]);
  });

  it('ignores entries without an event', async () => {
    const { publish, publisher, telemetry } = open();
    const Records = [changeOf(1, { event: undefined }), { dynamodb: {} }, {}, changeOf(2)];
    expect(await publish({ Records })).toEqual(NOTHING_FAILED);
    expect(publisher.published).toEqual([aWorkbenchEvent(2)]);
    expect(telemetry.counts).toEqual(new Map());
  });

  it('returns the first change whose event was not accepted: Lambda repeats it and those after it', async () => {
    const { publish, publisher } = open();
    for (const seq of [2, 4]) publisher.failing.add(aWorkbenchEvent(seq).id);
    expect(await publish({ Records: CHANGES })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'number-2' }],
    });
  });

  it('returns the first change if the bus is unavailable', async () => {
    const { publish, publisher } = open();
    publisher.isBroken = true;
    expect(await publish({ Records: CHANGES })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'number-1' }],
    });
  });

  it.each([
    ['is no JSON', { S: '{' }],
    ['has another form', { S: '{"version":1}' }],
    [
      'has a type that this version does not know',
      { S: JSON.stringify({ ...aWorkbenchEvent(), type: 'x' }) },
    ],
    ['is no text', { N: '1' }],
  ])('reports an event that %s, and publishes the others', async (_case, event) => {
    const { publish, publisher, telemetry } = open();
    expect(await publish({ Records: [changeOf(1, { event }), changeOf(2)] })).toEqual(NOTHING_FAILED);
    expect(publisher.published).toEqual([aWorkbenchEvent(2)]);
    expect(telemetry.counts).toEqual(new Map([['event_dropped', 1]]));
    expect(telemetry.fields.get('event dropped')).toEqual({
      event: 'history#some-workbench 1',
      code: 'unreadable',
    });
  });

  it('does not hold the others up for an event that the bus never accepts', async () => {
    const { publish, publisher, telemetry } = open();
    publisher.rejecting.add(aWorkbenchEvent(2).id);
    expect(await publish({ Records: CHANGES })).toEqual(NOTHING_FAILED);
    expect(publisher.published).toHaveLength(3);
    expect(telemetry.counts).toEqual(new Map([['event_dropped', 1]]));
  });
});
