import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_DELAY_SECONDS, type WorkQueue } from '#core/ports/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';

export interface WorkQueueSubject {
  readonly queue: WorkQueue;
  /** Lets this many seconds go by, and everything be delivered that falls due meanwhile. */
  advance(seconds: number): Promise<void>;
  /** What the consumer has been handed so far, failed deliveries included. */
  readonly delivered: readonly WorkbenchKey[];
  /** The consumer's next so many deliveries throw. */
  failNext(times: number): void;
  /** Seconds after which a delivery that failed once has surely come again. */
  readonly redeliverWithinSeconds: number;
  dispose(): Promise<void>;
}

const key = (workbenchId: string, userId = 'ada'): WorkbenchKey => ({ userId, workbenchId });

/** What every WorkQueue does, whoever carries its messages. */
export function describeWorkQueueContract(name: string, makeSubject: () => Promise<WorkQueueSubject>): void {
  describe(`${name} is a work queue`, () => {
    let subject: WorkQueueSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    afterEach(() => subject.dispose());

    const times = (wanted: WorkbenchKey) =>
      subject.delivered.filter((k) => k.userId === wanted.userId && k.workbenchId === wanted.workbenchId)
        .length;

    test('delivers a message without delay at once', async () => {
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('delivers nothing that was not sent', async () => {
      await subject.advance(60);
      expect(subject.delivered).toEqual([]);
    });

    test('holds a message back until its delay has passed', async () => {
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

    test('cuts a longer delay down to what a message can carry', async () => {
      await subject.queue.send(key('a'), MAX_DELAY_SECONDS * 10);
      await subject.advance(MAX_DELAY_SECONDS - 1);
      expect(times(key('a'))).toBe(0);
      await subject.advance(2);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('takes a delay below zero as none', async () => {
      await subject.queue.send(key('a'), -5);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('delivers a key sent again after its delivery once more', async () => {
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      const before = times(key('a'));
      await subject.queue.send(key('a'), 0);
      await subject.advance(1);
      expect(times(key('a'))).toBeGreaterThan(before);
    });

    test('does not let a later message for a key hold back an earlier one', async () => {
      await subject.queue.send(key('a'), 600);
      await subject.queue.send(key('a'), 10);
      await subject.queue.send(key('a'), 300);
      await subject.advance(11);
      expect(times(key('a'))).toBeGreaterThanOrEqual(1);
    });

    test('does not let an earlier message for a key stand for a later one', async () => {
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

    test('delivers again what the consumer failed on', async () => {
      subject.failNext(1);
      await subject.queue.send(key('a'), 0);
      await subject.advance(1 + subject.redeliverWithinSeconds);
      expect(times(key('a'))).toBeGreaterThanOrEqual(2);
    });

    test('loses none of many keys sent at once', async () => {
      const keys = Array.from({ length: 200 }, (_, i) => key(`w${i}`));
      await Promise.all(keys.map((k, i) => subject.queue.send(k, i % 5)));
      await subject.advance(10);
      expect(keys.filter((k) => times(k) === 0)).toEqual([]);
    });

    test('carries a user id of any characters unharmed', async () => {
      const wanted = key('a', 'Zoë "the|one" / 王小明\u{1F600}');
      await subject.queue.send(wanted, 0);
      await subject.advance(1);
      expect(times(wanted)).toBeGreaterThanOrEqual(1);
    });

    test('keeps the same workbench id of two users apart', async () => {
      await subject.queue.send(key('a', 'ada'), 2);
      await subject.queue.send(key('a', 'bob'), 2);
      await subject.advance(3);
      expect(times(key('a', 'ada'))).toBeGreaterThanOrEqual(1);
      expect(times(key('a', 'bob'))).toBeGreaterThanOrEqual(1);
    });
  });
}
