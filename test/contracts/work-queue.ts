import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

export interface WorkQueueSubject {
  readonly queue: WorkQueue;
  /** Lets this many seconds pass and delivers the messages that become due in that time. */
  advance(seconds: number): Promise<void>;
  /** The deliveries to the consumer so far, including failed ones. */
  readonly delivered: readonly WorkbenchKey[];
  /** Makes the consumer throw for this many next deliveries. */
  failNext(times: number): void;
  /** Seconds after which a failed delivery has certainly been repeated. */
  readonly redeliverWithinSeconds: number;
  dispose(): Promise<void>;
}

const key = (workbenchId: string, userId = 'ada'): WorkbenchKey => ({ userId, workbenchId });

/** The contract of WorkQueue, for every transport. */
export function describeWorkQueueContract(name: string, makeSubject: () => Promise<WorkQueueSubject>): void {
  describe(`${name} fulfils the contract of WorkQueue`, () => {
    let subject: WorkQueueSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(() => subject.dispose());

    const times = ({ userId, workbenchId }: WorkbenchKey) =>
      subject.delivered.filter((key) => key.userId === userId && key.workbenchId === workbenchId).length;

    test('delivers a message without delay at once', async () => {
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('delivers nothing that was not sent', async () => {
      await subject.advance(60);
      expect(subject.delivered).toEqual([]);
    });

    test('delivers a delayed message only after its delay', async () => {
      await subject.queue.send(key('a'), 30);
      await subject.advance(29);
      expect(times(key('a'))).toBe(0);
      await subject.advance(2);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('rounds a fraction of a second up, never down', async () => {
      await subject.queue.send(key('a'), 1.2);
      await subject.advance(1);
      expect(times(key('a'))).toBe(0);
      await subject.advance(2);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('limits a longer delay to the maximum of a message', async () => {
      await subject.queue.send(key('a'), MAX_DELAY_SECONDS * 10);
      await subject.advance(MAX_DELAY_SECONDS - 1);
      expect(times(key('a'))).toBe(0);
      await subject.advance(2);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('treats a negative delay as zero', async () => {
      await subject.queue.send(key('a'), -5);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('delivers a key again that is sent again after its delivery', async () => {
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      const before = times(key('a'));
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThan(before);
    });

    test('delivers an earlier message for a key although a later one is waiting', async () => {
      await subject.queue.send(key('a'), 600);
      await subject.queue.send(key('a'), 10);
      await subject.queue.send(key('a'), 300);
      await subject.advance(11);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('delivers a later message for a key although an earlier one was sent', async () => {
      await subject.queue.send(key('a'), 10);
      await subject.queue.send(key('a'), 0);
      await subject.queue.send(key('a'), 20);
      await subject.advance(9);
      const early = times(key('a'));
      await subject.advance(2);
      const middle = times(key('a'));
      await subject.advance(10);
      expect([early, middle - early, times(key('a')) - middle].map((n) => n > 0)).toEqual([true, true, true]);
    });

    test('repeats a delivery on which the consumer failed', async () => {
      subject.failNext(1);
      await subject.queue.send(key('a'), 0);
      await subject.advance(1 + subject.redeliverWithinSeconds);
      expect(times(key('a'))).toBeGreaterThanOrEqual(2);
    });

    test('loses none of many keys that are sent at once', async () => {
      const keys = Array.from({ length: 200 }, (_, i) => key(`w${i}`));
      await Promise.all(keys.map((k, i) => subject.queue.send(k, i % 5)));
      await subject.advance(10);
      expect(keys.filter((k) => times(k) === 0)).toEqual([]);
    });

    test('delivers a user id with any characters unchanged', async () => {
      const sent = key('a', 'Zoë "the|one" / 王小明\u{1F600}');
      await subject.queue.send(sent, 0);
      await subject.advance(1);
      expect(times(sent)).toBeGreaterThanOrEqual(1);
    });

    test('separates the same workbench id of two users', async () => {
      await subject.queue.send(key('a', 'ada'), 2);
      await subject.queue.send(key('a', 'bob'), 2);
      await subject.advance(3);
      expect(times(key('a', 'ada'))).toBeGreaterThanOrEqual(1);
      expect(times(key('a', 'bob'))).toBeGreaterThanOrEqual(1);
    });
  });
}
