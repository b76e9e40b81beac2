import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const HOUR = 60 * 60_000;

/** Three that are due, of which the queue does not take the first. */
async function sweepWithRefusingQueue(error: Error, postponed: () => Promise<void> = async () => {}) {
  const world = new MemoryWorld();
  const [bad] = [await world.create(), await world.create(), await world.create()];
  while (world.queue.takeDue()) {}
  const sent: WorkbenchKey[] = [];
  const queue = {
    send: async (key: WorkbenchKey) => {
      if (key.workbenchId === bad.workbenchId) throw error;
      sent.push(key);
    },
  };
  const asides: unknown[] = [];
  const workbenches = overrideMethods(world.stores.workbenches, {
    postpone: async ({ workbenchId }, now, until) => {
      asides.push([workbenchId, now, until]);
      await postponed();
    },
  });
  const pass = await sweepDue({ ...world.ports, queue, workbenches }, { limit: 10 });
  return { world, bad, sent, asides, pass };
}

describe('a key that the queue does not take', () => {
  it('keeps no other from being enqueued, and is counted and told', async () => {
    const { world, bad, sent, pass } = await sweepWithRefusingQueue(
      new PortError('unavailable', 'no answer'),
    );
    expect(pass).toEqual({ enqueued: 2, more: false });
    expect(sent).toHaveLength(2);
    expect([...world.telemetry.counts]).toEqual([
      ['queue_send_failed', 1],
      ['due_enqueued', 2],
    ]);
    expect(world.telemetry.fields.get('could not enqueue a workbench')).toEqual({
      workbenchId: bad.workbenchId,
    });
  });

  it.each(['throttled', 'unavailable'] as const)(
    'for now (%s) is tried again by the next pass',
    async (kind) => {
      expect((await sweepWithRefusingQueue(new PortError(kind, 'not now'))).asides).toEqual([]);
    },
  );

  it('for another reason is set aside for an hour', async () => {
    const { world, bad, asides } = await sweepWithRefusingQueue(new TypeError('no such key'));
    const now = world.clock.now();
    expect(asides).toEqual([[bad.workbenchId, now, now + HOUR]]);
  });

  it('and cannot be set aside either is no end of the pass', async () => {
    const no = () => Promise.reject(new PortError('unavailable', 'no table'));
    const { world, pass } = await sweepWithRefusingQueue(new TypeError('no such key'), no);
    expect(pass.enqueued).toBe(2);
    expect(world.telemetry.fields.has('could not postpone a workbench')).toBe(true);
  });
});
