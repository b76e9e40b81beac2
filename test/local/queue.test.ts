import { describe, expect, test } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { parseWorkMessage, type QueueEvent } from '#functions/drive/drive-batch.ts';
import { deliverAsMessage, LocalQueue, type LocalQueueOptions } from '#local/queue.ts';
import { ID } from '#test/builders/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

const key = (workbenchId: string, userId = 'ada'): WorkbenchKey => ({ userId, workbenchId });

/** A queue whose deliveries stay open until `end` is called. */
function makeQueue(options: Partial<LocalQueueOptions> = {}) {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const delivered: string[] = [];
  const open: { id: string; end(error?: Error): void }[] = [];
  const queue = new LocalQueue({
    timers,
    telemetry,
    deliver: ({ workbenchId }) => {
      delivered.push(workbenchId);
      return new Promise((resolve, reject) => {
        open.push({ id: workbenchId, end: (error) => (error === undefined ? resolve() : reject(error)) });
      });
    },
    ...options,
  });
  /** Ends the oldest open delivery. */
  const end = async (error?: Error) => {
    open.shift()?.end(error);
    await timers.advanceAsync(0);
  };
  return { timers, telemetry, delivered, open, queue, end };
}

describeWorkQueueContract('LocalQueue', async () => {
  const timers = new ManualClock();
  const delivered: WorkbenchKey[] = [];
  let failures = 0;
  const queue = new LocalQueue({
    timers,
    telemetry: new TelemetryRecorder(),
    async deliver(received) {
      delivered.push(received);
      if (failures > 0) {
        failures -= 1;
        throw new Error('planned');
      }
    },
  });
  return {
    queue,
    delivered,
    redeliverWithinSeconds: 1,
    failNext(times) {
      failures = times;
    },
    advance: (seconds) => timers.advanceAsync(seconds * 1000),
    dispose: () => queue.close(),
  };
});

describe('LocalQueue', () => {
  test('delivers a key once for all messages that are due within one second before it', async () => {
    const { queue, delivered, timers, end } = makeQueue();
    await queue.send(key('a'), 5);
    await queue.send(key('a'), 5);
    await timers.advanceAsync(1);
    await queue.send(key('a'), 5);
    await queue.send(key('a'), 4);
    await timers.advanceAsync(4_998);
    expect(delivered).toEqual([]);
    await timers.advanceAsync(1);
    await end();
    expect(delivered).toEqual(['a']);
    await timers.advanceAsync(100_000);
    expect(delivered).toEqual(['a', 'a']);
  });

  test('holds a message that is sent during a delivery until that has ended', async () => {
    const { queue, delivered, end } = makeQueue();
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 0);
    expect(delivered).toEqual(['a']);
    await end();
    expect(delivered).toEqual(['a', 'a']);
    await end();
    expect(delivered).toEqual(['a', 'a']);
  });

  test('does not deliver a key twice at the same time when its delay ends during a delivery', async () => {
    const { queue, delivered, timers, end } = makeQueue();
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 1);
    await timers.advanceAsync(5_000);
    expect(delivered).toEqual(['a']);
    await end();
    expect(delivered).toEqual(['a', 'a']);
  });

  test.each([-5_000, 5_000])('delivers as late as requested after the clock was set by %i ms', async (ms) => {
    const { queue, delivered, timers, end } = makeQueue();
    await queue.send(key('a'), 10);
    timers.set(ms);
    await timers.advanceAsync(5_000);
    await queue.send(key('a'), 10);
    await timers.advanceAsync(5_000);
    await end();
    expect(delivered).toEqual(['a']);
    await timers.advanceAsync(4_999);
    expect(delivered).toEqual(['a']);
    await timers.advanceAsync(1);
    expect(delivered).toEqual(['a', 'a']);
  });

  test('limits the number of concurrent deliveries', async () => {
    const { queue, delivered, open, end } = makeQueue({ concurrency: 3 });
    for (let i = 0; i < 10; i += 1) await queue.send(key(`w${i}`), 0);
    expect(open.length).toBe(3);
    for (let left = 10; left > 0; left -= 1) {
      expect(open.length).toBe(Math.min(3, left));
      await end();
    }
    expect(delivered).toEqual(Array.from({ length: 10 }, (_, i) => `w${i}`));
  });

  test('reduces its concurrency on request and restores it', async () => {
    const { queue, open, end } = makeQueue({ concurrency: 3 });
    queue.setConcurrency(1);
    for (let i = 0; i < 6; i += 1) await queue.send(key(`w${i}`), 0);
    expect(open.length).toBe(1);
    await end();
    expect(open.length).toBe(1);
    queue.setConcurrency(Number.POSITIVE_INFINITY);
    expect(open.length).toBe(3);
    queue.setConcurrency(0);
    for (let left = 5; left > 0; left -= 1) await end();
    expect(open.length).toBe(0);
  });

  test('delivers other keys while a key waits for the end of its own delivery', async () => {
    const { queue, delivered } = makeQueue({ concurrency: 2 });
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 0);
    await queue.send(key('b'), 0);
    expect(delivered).toEqual(['a', 'b']);
  });

  test('retries with a doubling backoff, then moves the key to the dead letters and logs it', async () => {
    const { queue, delivered, timers, telemetry, end } = makeQueue({
      maxAttempts: 4,
      initialBackoffMs: 1000,
    });
    const failure = new Error('the store does not respond');
    await queue.send(key('a'), 0);
    for (const [attempts, backoff] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
    ] as const) {
      await end(failure);
      await timers.advanceAsync(backoff - 1);
      expect(delivered.length).toBe(attempts);
      await timers.advanceAsync(1);
      expect(delivered.length).toBe(attempts + 1);
    }
    await end(failure);
    await timers.advanceAsync(1_000_000);
    expect(delivered.length).toBe(4);
    expect(queue.deadLetters).toEqual([{ key: key('a'), at: expect.any(Number), error: failure }]);
    expect(telemetry.lines.at(-1)?.message).toBe('a message was moved to the dead letters');
  });

  test('resets the failure count after a success', async () => {
    const { queue, delivered, timers, end } = makeQueue({ maxAttempts: 2, initialBackoffMs: 1000 });
    for (let round = 0; round < 3; round += 1) {
      await queue.send(key('a'), 0);
      await end(new Error('once'));
      await timers.advanceAsync(1000);
      await end();
    }
    expect(delivered.length).toBe(6);
    expect(queue.deadLetters).toEqual([]);
  });

  test('accepts a key again after it became a dead letter', async () => {
    const { queue, delivered, end } = makeQueue({ maxAttempts: 1 });
    await queue.send(key('a'), 0);
    await end(new Error('failed'));
    expect(queue.deadLetters.length).toBe(1);
    await queue.send(key('a'), 0);
    expect(delivered).toEqual(['a', 'a']);
  });

  test('applies the backoff even if the failed delivery had sent its own key without delay', async () => {
    const { queue, delivered, timers, end } = makeQueue({ initialBackoffMs: 1000 });
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 0);
    await end(new Error('failed'));
    expect(delivered).toEqual(['a']);
    await timers.advanceAsync(1000);
    expect(delivered).toEqual(['a', 'a']);
  });

  test('retries after the backoff even if the failed delivery had sent its own key with a longer delay', async () => {
    const { queue, delivered, timers, end } = makeQueue({ initialBackoffMs: 1000 });
    await queue.send(key('a'), 0);
    await queue.send(key('a'), 600);
    await end(new Error('failed'));
    await timers.advanceAsync(1000);
    expect(delivered).toEqual(['a', 'a']);
  });

  test('is idle when no key is due, even if keys are delayed', async () => {
    const { queue, end } = makeQueue();
    await queue.send(key('a'), 0);
    await queue.send(key('b'), 600);
    let idle = false;
    const waiting = queue.idle().then(() => {
      idle = true;
    });
    await Promise.resolve();
    expect(idle).toBe(false);
    await end();
    await waiting;
    expect(queue.delayed).toBe(1);
  });

  test('waits for current deliveries when it closes, starts none and refuses messages', async () => {
    const { queue, delivered, timers, end } = makeQueue({ concurrency: 1 });
    await queue.send(key('a'), 0);
    await queue.send(key('b'), 0);
    await queue.send(key('c'), 3);
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await timers.advanceAsync(10_000);
    expect(closed).toBe(false);
    await end();
    await closing;
    await timers.advanceAsync(10_000);
    expect(delivered).toEqual(['a']);
    expect(timers.scheduledCount).toBe(0);
    await expect(queue.send(key('d'), 0)).rejects.toBeInstanceOf(PortError);
  });

  test('does not retry a delivery that fails while it closes', async () => {
    const { queue, delivered, timers, end } = makeQueue();
    await queue.send(key('a'), 0);
    const closing = queue.close();
    await end(new Error('failed'));
    await closing;
    await timers.advanceAsync(60_000);
    expect(delivered).toEqual(['a']);
  });
});

const ADA_KEY = { userId: 'Zoë "x"', workbenchId: ID };

test('delivers a key as a batch of one message', async () => {
  const events: QueueEvent[] = [];
  const deliver = deliverAsMessage(async (event) => {
    events.push(event);
    return { batchItemFailures: [] };
  });
  await deliver(ADA_KEY);
  await deliver(ADA_KEY);
  expect(events.map(({ Records }) => Records.map(({ body }) => parseWorkMessage(body)))).toEqual([
    [ADA_KEY],
    [ADA_KEY],
  ]);
  expect(new Set(events.flatMap(({ Records }) => Records.map(({ messageId }) => messageId))).size).toBe(2);
});

test('rejects when the handler reports the message as failed', async () => {
  const deliver = deliverAsMessage(async ({ Records }) => ({
    batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
  }));
  await expect(deliver(ADA_KEY)).rejects.toThrow('the function reported a failed message');
});
