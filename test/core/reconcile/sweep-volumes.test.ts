import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { shardOf, sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import type { Stopped } from '#core/workbench/workbench.ts';
import { aHistoryEntry, idAt, T0 } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const DAY = 24 * 60 * 60_000;
const ALL = { graceMs: DAY, policy: DEFAULT_POLICY, shard: 0, shards: 1 };

/** One old orphaned volume with files, and a history of its workbench. */
function anOrphanedVolume(
  history: readonly HistoryEntry[],
  deleteSlice: () => { done: boolean; deleted: number },
) {
  const world = new MemoryWorld();
  const calls: string[] = [];
  const volumes = overrideMethods(world.volumes, {
    list: async () => ({ volumes: [{ workbenchId: 'gone', createdAt: 0 }] }),
    deleteIfEmpty: async () => 'not_empty',
    quarantine: async () => {
      calls.push('quarantine');
    },
    deleteSlice: async () => {
      calls.push('deleteSlice');
      return deleteSlice();
    },
  });
  const ports = {
    ...world.ports,
    volumes,
    history: overrideMethods(world.stores.history, { list: async () => history }),
  };
  return { world, calls, sweep: () => sweepVolumes(ports, ALL) };
}

describe('the files of an orphaned volume', () => {
  const done = () => ({ done: true, deleted: 1 });

  it('are deleted if the history contains a delete request', async () => {
    const { calls, sweep } = anOrphanedVolume(
      [
        aHistoryEntry({ type: 'status_changed' }),
        aHistoryEntry({ type: 'delete_requested' }),
        aHistoryEntry(),
      ],
      done,
    );
    expect(await sweep()).toMatchObject({ deleted: 1, quarantined: 0 });
    expect(calls).toEqual(['deleteSlice']);
  });

  it('are quarantined unchanged if the history contains anything else, because the table may have been restored', async () => {
    const { calls, sweep } = anOrphanedVolume(
      [aHistoryEntry({ type: 'stop_requested' }), aHistoryEntry()],
      done,
    );
    expect(await sweep()).toMatchObject({ deleted: 0, quarantined: 1 });
    expect(calls).toEqual(['quarantine']);
  });

  it('are quarantined if the history is empty', async () => {
    const { calls, sweep } = anOrphanedVolume([], done);
    expect(await sweep()).toMatchObject({ deleted: 0, quarantined: 1 });
    expect(calls).toEqual(['quarantine']);
  });

  it('are deleted in at most a hundred slices; the next sweep deletes the rest', async () => {
    const { calls, sweep } = anOrphanedVolume([aHistoryEntry({ type: 'delete_requested' })], () => ({
      done: false,
      deleted: 1000,
    }));
    expect(await sweep()).toMatchObject({ deleted: 0, failed: 1 });
    expect(calls).toHaveLength(100);
  });

  it('are not deleted further once the sweep has lasted twelve minutes', async () => {
    const { world, calls, sweep } = anOrphanedVolume([aHistoryEntry({ type: 'delete_requested' })], () => {
      world.clock.advance(4 * 60_000);
      return { done: false, deleted: 1000 };
    });
    expect(await sweep()).toMatchObject({ deleted: 0, failed: 1 });
    expect(calls).toHaveLength(3);
  });
});

describe('sweepVolumes', () => {
  it('does not trust an index entry whose record does not exist', async () => {
    const world = new MemoryWorld();
    await world.volumes.ensure('gone');
    world.clock.advance(DAY);
    const workbenches = overrideMethods(world.stores.workbenches, {
      findByWorkbenchId: async (workbenchId) => ({ userId: 'ada', workbenchId }),
    });
    const report = await sweepVolumes({ ...world.ports, workbenches }, ALL);
    expect(report).toMatchObject({
      sweep: 'volumes',
      deleted: 1,
      findings: [{ why: 'Its workbench does not exist.' }],
    });
  });

  it('checks only the volumes of its shard, and each volume belongs to one shard', async () => {
    const world = new MemoryWorld();
    const ids = Array.from({ length: 20 }, (_, n) => idAt(T0, n));
    for (const id of ids) await world.volumes.ensure(id);
    const checked = [];
    for (let shard = 0; shard < 3; shard += 1)
      checked.push((await sweepVolumes(world.ports, { ...ALL, shard, shards: 3 })).checked);
    expect(checked).toEqual([0, 1, 2].map((shard) => ids.filter((id) => shardOf(id, 3) === shard).length));
  });

  it('distributes volumes evenly by the random end of their ids', () => {
    const ids = Array.from({ length: 2000 }, (_, n) => idAt(T0, n * 7919));
    for (let shard = 0; shard < 4; shard += 1)
      expect(Math.abs(ids.filter((id) => shardOf(id, 4) === shard).length - 500)).toBeLessThan(100);
    expect(new Set(ids.map((id) => shardOf(`z${id.slice(1)}`, 24) - shardOf(id, 24)))).toEqual(new Set([0]));
  });
});

describe('a volume whose workbench has stopped before the retention was set', () => {
  const policy = { ...DEFAULT_POLICY, retentionMs: 90 * DAY, deleteAfterMs: 7 * DAY };

  async function aStoppedWorkbench() {
    const world = new MemoryWorld({ policy });
    const key = await world.create();
    await world.waitForStatus(key, 'running');
    await stopWorkbench(world.ports, { ...world.policy, retentionMs: 0 }, key, 'ada');
    const { retention: _none, ...before } = (await world.waitForStatus(key, 'stopped')) as Stopped;
    await world.stores.workbenches.update({ ...before, revision: before.revision + 1 }, before.revision, []);
    return { world, key };
  }

  it('makes the sweep drive the workbench, so that it is deleted when it has been stopped for so long', async () => {
    const { world, key } = await aStoppedWorkbench();
    expect(await world.read(key)).not.toHaveProperty('retention');
    await sweepVolumes(world.ports, ALL);
    await world.advance(1000);
    expect(await world.read(key)).not.toHaveProperty('retention');
    await sweepVolumes(world.ports, { ...ALL, policy });
    await world.advance(1000);
    expect(await world.read(key)).toMatchObject({ retention: { deletesAt: expect.any(Number) } });
  });

  it('is swept to the end when the queue fails', async () => {
    const { world } = await aStoppedWorkbench();
    const queue = { send: () => Promise.reject(new PortError('unavailable', 'no response')) };
    const report = await sweepVolumes({ ...world.ports, queue }, { ...ALL, policy });
    expect(report).toMatchObject({ checked: 1, alarm: false });
    expect(world.telemetry.counts.get('queue_send_failed')).toBe(1);
  });
});
