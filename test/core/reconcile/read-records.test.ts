import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import { READS_AT_ONCE, readRecords } from '#core/reconcile/repair.ts';
import { ReportDraft } from '#core/reconcile/report.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const KEYS = Array.from({ length: 40 }, (_, n) => ({ userId: 'ada', workbenchId: `wb-${n}` }));
const IDS = KEYS.map(({ workbenchId }) => workbenchId);

/** Counts the reads in flight. The reads of one group end in reverse order. */
function observedStore(read: (key: WorkbenchKey) => Promise<Workbench | undefined>) {
  let waiting: (() => void)[] = [];
  const seen = { most: 0, reads: 0 };
  const store: Pick<WorkbenchStore, 'read' | 'findMoved'> = {
    findMoved: async () => undefined,
    read: async (key) => {
      seen.reads += 1;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        seen.most = Math.max(seen.most, waiting.length);
        if (waiting.length > 1) return;
        setImmediate(() => {
          const group = waiting.reverse();
          waiting = [];
          for (const resume of group) resume();
        });
      });
      return read(key);
    },
  };
  return { store, seen };
}

describe('readRecords', () => {
  const draft = () => new ReportDraft('active', 0);
  const { telemetry } = new MemoryWorld();

  it(`reads ${READS_AT_ONCE} records at a time and keeps the order of the items`, async () => {
    const { store, seen } = observedStore(async () => undefined);
    const order: string[] = [];
    const ports = { telemetry, workbenches: store };
    for await (const { item } of readRecords(ports, KEYS, draft(), ({ workbenchId }) => workbenchId))
      order.push(item.workbenchId);
    expect(order).toEqual(IDS);
    expect(seen).toEqual({ most: 16, reads: 40 });
  });

  it('yields what comes before a failed read, and reads no further group', async () => {
    const { store, seen } = observedStore(async ({ workbenchId }) => {
      if (workbenchId === 'wb-3' || workbenchId === 'wb-1') throw new PortError('throttled', workbenchId);
      return undefined;
    });
    const order: string[] = [];
    const ports = { telemetry, workbenches: store };
    const run = async () => {
      for await (const { item } of readRecords(ports, KEYS, draft(), ({ workbenchId }) => workbenchId))
        order.push(item.workbenchId);
    };
    await expect(run()).rejects.toThrow('wb-1');
    expect(order).toEqual(['wb-0']);
    expect(seen.reads).toBe(16);
  });
});

describe('the findings of a sweep have the order of its list', () => {
  async function worldWithUnreadableRecords() {
    const world = new MemoryWorld();
    for (let n = 0; n < 10; n += 1) await world.waitForStatus(await world.create(), 'running');
    const { store, seen } = observedStore(async (key) => {
      throw new UnreadableRecord(key, 'nonsense');
    });
    const workbenches = overrideMethods(world.stores.workbenches, store);
    return { world, seen, ports: { ...world.ports, workbenches } };
  }

  it('for active records', async () => {
    const { world, seen, ports } = await worldWithUnreadableRecords();
    const { keys } = await world.stores.workbenches.listActive();
    const { findings } = await sweepActive(ports, world.policy);
    expect(findings.map(({ id }) => id)).toEqual(keys.map(({ workbenchId }) => workbenchId));
    expect(seen).toEqual({ most: 10, reads: 10 });
  });

  it('for tasks', async () => {
    const { world, seen, ports } = await worldWithUnreadableRecords();
    const { tasks } = await world.tasks.list();
    const report = await sweepTasks(ports, world.policy, { graceMs: 0 });
    expect(report.findings.map(({ id }) => id)).toEqual(tasks.map(({ taskId }) => taskId));
    expect(report.checked).toBe(10);
    expect(seen).toEqual({ most: 10, reads: 10 });
  });
});
