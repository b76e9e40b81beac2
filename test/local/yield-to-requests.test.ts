import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { LocalQueue } from '#local/queue.ts';
import { yieldToRequests } from '#local/yield-to-requests.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

/** A gateway, and a queue whose deliveries stay open until `endAll` is called. */
function serverWithQueue() {
  const timers = new ManualClock();
  const open: (() => void)[] = [];
  const queue = new LocalQueue({
    timers,
    telemetry: new TelemetryRecorder(),
    deliver: () => new Promise((resolve) => open.push(resolve)),
  });
  const gateway = new EventEmitter();
  yieldToRequests(gateway as never, queue);
  const request = () => {
    const response = new EventEmitter();
    gateway.emit('request', {}, response);
    return { end: () => response.emit('close') };
  };
  /** Returns the number of deliveries at once, with more keys than the queue delivers at once. */
  const concurrency = async () => {
    for (let n = 0; n < 20; n += 1) await queue.send({ userId: 'ada', workbenchId: `wb${n}` }, 0);
    const count = open.length;
    while (open.length > 0) {
      open.shift()?.();
      await timers.advanceAsync(0);
    }
    return count;
  };
  return { request, concurrency };
}

test('the queue delivers eight messages at once while the server is not busy', async () => {
  const { request, concurrency } = serverWithQueue();
  expect(await concurrency()).toBe(8);
  for (let n = 0; n < 3; n += 1) request();
  expect(await concurrency()).toBe(8);
});

test('the queue delivers one message at once from four concurrent requests on, until the last one ends', async () => {
  const { request, concurrency } = serverWithQueue();
  const requests = Array.from({ length: 4 }, request);
  expect(await concurrency()).toBe(1);
  for (const { end } of requests.slice(1)) end();
  expect(await concurrency()).toBe(1);
  requests[0]?.end();
  expect(await concurrency()).toBe(8);
});

test('the queue yields again to later requests', async () => {
  const { request, concurrency } = serverWithQueue();
  for (const { end } of Array.from({ length: 4 }, request)) end();
  expect(await concurrency()).toBe(8);
  Array.from({ length: 4 }, request);
  expect(await concurrency()).toBe(1);
});
