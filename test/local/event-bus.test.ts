import { describe, expect, test } from 'vitest';
import { LocalEventBus, type LocalEventBusOptions } from '#local/event-bus.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

/** An event bus whose deliveries stay open until `end` is called. */
function makeEvents(options: Partial<LocalEventBusOptions> = {}) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const events = new LocalEventBus({ timers, telemetry, ...options });
  const delivered: unknown[] = [];
  const open: ((error?: Error) => void)[] = [];
  const deliver = (event: unknown) => {
    delivered.push(event);
    return new Promise<void>((resolve, reject) => {
      open.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  };
  const end = async (error?: Error) => {
    open.shift()?.(error);
    await timers.advanceAsync(0);
  };
  return { timers, telemetry, events, delivered, open, deliver, end };
}

describe('LocalEventBus', () => {
  test('delivers the events of one subject one after another, in order', async () => {
    const { events, delivered, deliver, end } = makeEvents();
    events.connect(deliver);
    for (const event of ['a1', 'a2', 'a3']) events.publish('a', event);
    expect(delivered).toEqual(['a1']);
    await end();
    expect(delivered).toEqual(['a1', 'a2']);
    await end();
    await end();
    expect(delivered).toEqual(['a1', 'a2', 'a3']);
  });

  test('delivers events of different subjects concurrently, up to its limit', async () => {
    const { events, delivered, deliver, end } = makeEvents({ concurrency: 2 });
    events.connect(deliver);
    for (const [subject, event] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
    ] as const) {
      events.publish(subject, event);
    }
    expect(delivered).toEqual(['a1', 'b1']);
    await end();
    expect(delivered).toEqual(['a1', 'b1', 'c1']);
    await end();
    expect(delivered).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  test('buffers events until it is connected', async () => {
    const { events, delivered, deliver } = makeEvents();
    events.publish('a', 'early');
    await events.idle();
    expect(delivered).toEqual([]);
    events.connect(deliver);
    expect(delivered).toEqual(['early']);
  });

  test('retries a failed event with a doubling backoff before the next event of its subject', async () => {
    const { events, timers, delivered, deliver, end } = makeEvents({ initialBackoffMs: 100 });
    events.connect(deliver);
    events.publish('a', 'a1');
    events.publish('a', 'a2');
    await end(new Error('failed'));
    await timers.advanceAsync(99);
    expect(delivered).toEqual(['a1']);
    await timers.advanceAsync(1);
    expect(delivered).toEqual(['a1', 'a1']);
    await end(new Error('failed'));
    await timers.advanceAsync(199);
    expect(delivered.length).toBe(2);
    await timers.advanceAsync(1);
    await end();
    expect(delivered).toEqual(['a1', 'a1', 'a1', 'a2']);
  });

  test('drops and logs an event after its last attempt and delivers the next one', async () => {
    const { events, timers, telemetry, delivered, deliver, end } = makeEvents({
      maxAttempts: 2,
      initialBackoffMs: 100,
    });
    events.connect(deliver);
    events.publish('a', 'a1');
    events.publish('a', 'a2');
    await end(new Error('failed'));
    await timers.advanceAsync(100);
    await end(new Error('failed'));
    expect(delivered).toEqual(['a1', 'a1', 'a2']);
    expect(telemetry.lines.at(-1)).toEqual({
      level: 'error',
      message: 'an event was dropped after its last attempt',
      fields: { subject: 'a', attempts: 2 },
    });
  });

  test('is idle when all events have been delivered, including retries', async () => {
    const { events, timers, deliver, end } = makeEvents({ initialBackoffMs: 100 });
    events.connect(deliver);
    events.publish('a', 'a1');
    events.publish('b', 'b1');
    let idle = false;
    const waiting = events.idle().then(() => {
      idle = true;
    });
    await end(new Error('failed'));
    await end();
    expect(idle).toBe(false);
    await timers.advanceAsync(100);
    expect(idle).toBe(false);
    await end();
    await waiting;
  });
});
