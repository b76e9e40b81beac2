import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const HOUR = 60 * 60_000;

/** Three due records; the queue rejects the key of the first. */
async function sweepWithRefusingQueue(error: Error, afterPostpone: () => Promise<void> = async () => {}) {
  const world = new MemoryWorld();
  const [rejected] = [await world.create(), await world.create(), await world.create()];
  while (world.queue.takeDue()) {}
  const sent: WorkbenchKey[] = [];
  const queue = {
    send: async (key: WorkbenchKey) => {
      if (key.workbenchId === rejected.workbenchId) throw error;
      sent.push(key);
    },
  };
  const postponed: unknown[] = [];
  const workbenches = overrideMethods(world.stores.workbenches, {
    postpone: async ({ workbenchId }, now, until) => {
      postponed.push([workbenchId, now, until]);
      await afterPostpone();
    },
  });
  const result = await sweepDue({ ...world.ports, queue, workbenches }, { limit: 10 });
  return { world, rejected, sent, postponed, result };
}

describe('a key', () => {
  it('that the queue rejects does not affect other keys, and is counted and logged', async () => {
    const { world, rejected, sent, result } = await sweepWithRefusingQueue(
      new PortError('unavailable', 'no response'),
    );
    expect(result).toEqual({ enqueued: 2, more: false });
    expect(sent).toHaveLength(2);
    expect([...world.telemetry.counts]).toEqual([
      ['queue_send_failed', 1],
      ['due_enqueued', 2],
    ]);
    expect(world.telemetry.fields.get('could not enqueue a workbench')).toEqual({
      workbenchId: rejected.workbenchId,
    });
  });

  it.each(['throttled', 'unavailable'] as const)(
    'rejected temporarily (%s) is sent again by the next sweep',
    async (kind) => {
      expect((await sweepWithRefusingQueue(new PortError(kind, 'not now'))).postponed).toEqual([]);
    },
  );

  it('rejected permanently is postponed by an hour', async () => {
    const { world, rejected, postponed } = await sweepWithRefusingQueue(new TypeError('no such key'));
    const now = world.clock.now();
    expect(postponed).toEqual([[rejected.workbenchId, now, now + HOUR]]);
  });

  it('rejected permanently that cannot be postponed does not end the sweep', async () => {
    const fail = () => Promise.reject(new PortError('unavailable', 'no table'));
    const { world, result } = await sweepWithRefusingQueue(new TypeError('no such key'), fail);
    expect(result.enqueued).toBe(2);
    expect(world.telemetry.fields.has('could not postpone a workbench')).toBe(true);
  });
});
