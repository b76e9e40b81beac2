import { describe, expect, test } from 'vitest';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { MemoryWorkQueue, REDELIVERY_DELAY_MS } from './memory-work-queue.ts';

const START = Date.UTC(2030, 0, 1);
const key = (workbenchId: string): WorkbenchKey => ({ userId: 'ada', workbenchId });

describeWorkQueueContract('MemoryWorkQueue', async () => {
  let now = START;
  let failures = 0;
  const queue = new MemoryWorkQueue({ elapsed: () => now });
  const delivered: WorkbenchKey[] = [];
  const consume = async (received: WorkbenchKey) => {
    delivered.push(received);
    if (failures > 0) {
      failures -= 1;
      throw new Error('planned');
    }
  };
  return {
    queue,
    delivered,
    redeliverWithinSeconds: REDELIVERY_DELAY_MS / 1000,
    failNext(times) {
      failures = times;
    },
    async advance(seconds) {
      const end = now + seconds * 1000;
      for (let at = queue.nextDueAt(); at !== undefined && at <= end; at = queue.nextDueAt()) {
        now = Math.max(now, at);
        await queue.deliverDue(consume);
      }
      now = end;
    },
    async dispose() {},
  };
});

describe('MemoryWorkQueue', () => {
  test('delivers messages by due time, then in the order in which they were sent', async () => {
    let now = START;
    const queue = new MemoryWorkQueue({ elapsed: () => now });
    await queue.send(key('late'), 5);
    await queue.send(key('first'), 1);
    await queue.send(key('second'), 1);
    expect(queue.nextDueAt()).toBe(START + 1000);
    now += 10_000;
    expect([queue.takeDue(), queue.takeDue(), queue.takeDue(), queue.takeDue()]).toEqual([
      key('first'),
      key('second'),
      key('late'),
      undefined,
    ]);
  });

  test('throws when a consumer keeps sending messages without delay', async () => {
    const queue = new MemoryWorkQueue({ elapsed: () => START });
    await queue.send(key('a'), 0);
    await expect(queue.deliverDue((received) => queue.send(received, 0), 50)).rejects.toThrow(/more are due/);
  });
});
