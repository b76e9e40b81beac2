import { describe, expect, it } from 'vitest';
import { BusEventPublisher } from '#adapters/aws/eventbridge/event-publisher.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { describeEventPublisherContract } from '#test/contracts/event-publisher.ts';
import { FakeBus } from './fake-bus.ts';

function setUp() {
  const bus = new FakeBus();
  const waits: number[] = [];
  const publisher = new BusEventPublisher(bus as never, 'some-bus', async (ms) => {
    waits.push(ms);
  });
  return { bus, waits, publisher };
}

const failure = (name: string) => Object.assign(new Error(name), { name });
const EVENTS = Array.from({ length: 25 }, (_, index) => aWorkbenchEvent(index + 1));
const isEvent = (detail: string, seq: number) => detail === JSON.stringify(aWorkbenchEvent(seq));

describeEventPublisherContract('BusEventPublisher', async () => {
  const { bus, publisher } = setUp();
  return {
    publisher,
    received: async () => bus.details.map((detail) => JSON.parse(detail)),
    breakDown: async () => {
      bus.errorOf = () => failure('InternalException');
    },
    dispose: async () => {},
  };
});

describe('BusEventPublisher', () => {
  it('sends ten entries in a request', async () => {
    const { bus, publisher } = setUp();
    await publisher.publish(EVENTS);
    expect(bus.calls).toEqual([10, 10, 5]);
  });

  it('sends only the entries again that were not accepted, after waits that double', async () => {
    const { bus, waits, publisher } = setUp();
    bus.failWith = (detail, call) => (isEvent(detail, 3) && call < 3 ? 'ThrottlingException' : undefined);
    expect(await publisher.publish(EVENTS.slice(0, 5))).toEqual({ failed: [], rejected: [] });
    expect(bus.calls).toEqual([5, 1, 1]);
    expect(waits).toEqual([200, 400]);
    expect(bus.details.filter((detail) => isEvent(detail, 3))).toHaveLength(1);
  });

  it.each(['ThrottlingException', 'InternalFailure', 'AccessDeniedException', 'a code of the future'])(
    'gives up after three repetitions with %s, and sends none of the later events before it',
    async (code) => {
      const { bus, waits, publisher } = setUp();
      bus.failWith = (detail) => (isEvent(detail, 3) ? code : undefined);
      const { failed, rejected } = await publisher.publish(EVENTS);
      expect(failed).toEqual([EVENTS[2], ...EVENTS.slice(10)]);
      expect(rejected).toEqual([]);
      expect(bus.calls).toEqual([10, 1, 1, 1]);
      expect(waits).toEqual([200, 400, 800]);
    },
  );

  it.each(['MalformedDetail', 'InvalidArgument', 'NotAuthorizedForSourceException'])(
    'rejects an entry that is never accepted (%s), without a repetition, and publishes the others',
    async (code) => {
      const { bus, publisher } = setUp();
      bus.failWith = (detail) => (isEvent(detail, 12) ? code : undefined);
      expect(await publisher.publish(EVENTS)).toEqual({
        failed: [],
        rejected: [{ event: EVENTS[11], code }],
      });
      expect(bus.details).toHaveLength(24);
      expect(bus.calls).toEqual([10, 10, 5]);
    },
  );

  it('finds the entry for which a whole request is malformed, and publishes the others', async () => {
    const { bus, publisher } = setUp();
    bus.errorOf = (details) =>
      details.some((detail) => isEvent(detail, 4)) ? failure('ValidationException') : undefined;
    expect(await publisher.publish(EVENTS)).toEqual({
      failed: [],
      rejected: [{ event: EVENTS[3], code: 'ValidationException' }],
    });
    expect(bus.details).toHaveLength(24);
  });

  it('takes an entry without a result for one that was not accepted', async () => {
    const { bus, publisher } = setUp();
    bus.send = async () => ({});
    const { failed } = await publisher.publish(EVENTS.slice(0, 2));
    expect(failed).toEqual(EVENTS.slice(0, 2));
  });

  it('names the call in its error', async () => {
    const { bus, publisher } = setUp();
    bus.errorOf = () => failure('ThrottlingException');
    await expect(publisher.publish(EVENTS)).rejects.toMatchObject({
      kind: 'throttled',
      message: 'events PutEvents: ThrottlingException',
    });
  });
});
