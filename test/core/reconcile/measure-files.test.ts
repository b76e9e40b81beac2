import { describe, expect, it } from 'vitest';
import { monthToDate } from '#core/cost/metering.ts';
import { filesRateOf } from '#core/cost/rates.ts';
import { PortError } from '#core/ports/port-error.ts';
import { needsMeasuring } from '#core/reconcile/measure-files.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { stopWorkbench } from '#core/workbench/commands.ts';
import { deleting, running, stopped, T0 } from '#test/builders/workbench.ts';
import { MEMORY_FILE_BYTES } from '#test/memory/memory-volume-store.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const DAY = 86_400_000;
const PRICE = 0.35;

describe('needsMeasuring', () => {
  const measured = (at: number) => ({ kib: 1, rate: 1, at });

  it.each([
    ['a stopped workbench that was never measured', true, stopped()],
    ['a running workbench that was never measured', true, running()],
    ['a workbench that is deleted', false, deleting()],
    ['one that nothing has changed since', false, stopped({ updatedAt: T0, files: measured(T0) })],
    [
      'one that has changed, measured half a day ago',
      false,
      stopped({ updatedAt: T0 + 29.7 * DAY, files: measured(T0 + 29.5 * DAY) }),
    ],
    [
      'one that has changed, measured a day ago',
      true,
      stopped({ updatedAt: T0 + 29.5 * DAY, files: measured(T0 + 29 * DAY) }),
    ],
    ['one that runs, measured six days ago', false, running({ files: measured(T0 + 24 * DAY) })],
    ['one that runs, measured a week ago', true, running({ files: measured(T0 + 23 * DAY) })],
  ])('for %s returns %s', (_, expected, workbench) => {
    expect(needsMeasuring(workbench, T0 + 30 * DAY)).toBe(expected);
  });
});

describe('the sweep of volumes', () => {
  async function aStoppedWorkbench(files: number) {
    const world = new MemoryWorld();
    const key = await world.create();
    await world.waitForStatus(key, 'running');
    for (let n = 0; n < files; n += 1) world.volumes.files(key.workbenchId)?.add(`file ${n}`);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    const sweep = (
      volumes: Parameters<typeof sweepVolumes>[0]['volumes'] = world.volumes,
      gibMonthPrice = PRICE,
    ) =>
      sweepVolumes(
        { ...world.ports, volumes },
        { graceMs: DAY, policy: world.policy, gibMonthPrice, shard: 0, shards: 1 },
      );
    return { world, key, sweep };
  }

  it('stores the size of all files, counted in several calls, and their price', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(2500);
    await sweep();
    const bytes = 2500 * MEMORY_FILE_BYTES;
    expect((await world.read(key))?.files).toEqual({
      kib: bytes / 1024,
      rate: filesRateOf(bytes, PRICE),
      at: world.clock.now(),
    });
  });

  it('makes a stopped workbench cost what its files cost from then on', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(0);
    const volumes = overrideMethods(world.volumes, { measureSlice: async () => ({ bytes: 730 * 2 ** 30 }) });
    await sweep(volumes);
    const record = await world.read(key);
    if (record === undefined) throw new Error('the record does not exist');
    const now = world.clock.now();
    // 730 GiB for 0.35 USD a month of 730 hours each.
    expect(monthToDate(record, now + 3_600_000) - monthToDate(record, now)).toBe(350_000);
  });

  it('writes nothing the next time if nothing has changed, and measures again a day after a change', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(1);
    await sweep();
    const { revision } = (await world.read(key)) ?? {};
    world.clock.advance(2 * DAY);
    await sweep();
    expect(await world.read(key)).toMatchObject({ revision });
    world.volumes.files(key.workbenchId)?.add('another file');
    const record = await world.read(key);
    if (record === undefined || revision === undefined) throw new Error('the record does not exist');
    const changed = { ...record, name: 'renamed', updatedAt: world.clock.now(), revision: revision + 1 };
    await world.stores.workbenches.update(changed, revision, []);
    await sweep();
    expect(await world.read(key)).toMatchObject({ files: { kib: (2 * MEMORY_FILE_BYTES) / 1024 } });
  });

  it('measures nothing where files have no price', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(1);
    await sweep(world.volumes, 0);
    expect(await world.read(key)).not.toHaveProperty('files');
  });

  it('keeps the last size and reports it, if a volume cannot be measured', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(1);
    const failing = overrideMethods(world.volumes, {
      measureSlice: () => Promise.reject(new PortError('unavailable', 'EACCES')),
    });
    const report = await sweep(failing);
    expect(report).toMatchObject({ failed: 0, findings: [{ id: key.workbenchId, what: 'inconclusive' }] });
    expect(await world.read(key)).not.toHaveProperty('files');
  });

  it('stops at a throttle, so that requests of users come first', async () => {
    const { world, sweep } = await aStoppedWorkbench(1);
    const throttled = overrideMethods(world.volumes, {
      measureSlice: () => Promise.reject(new PortError('throttled', 'TooManyRequests')),
    });
    expect(await sweep(throttled)).toMatchObject({ findings: [{ what: 'throttled' }] });
  });

  it('gives up a volume after three minutes, and stores no part of its size', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(1);
    let calls = 0;
    const endless = overrideMethods(world.volumes, {
      measureSlice: async () => {
        calls += 1;
        world.clock.advance(10_000);
        return { bytes: 1, cursor: 'more' };
      },
    });
    const report = await sweep(endless);
    expect(calls).toBe(18);
    expect(report.findings).toMatchObject([{ id: key.workbenchId, what: 'inconclusive' }]);
    expect(await world.read(key)).not.toHaveProperty('files');
  });

  it('leaves the rest to the next sweep after eleven minutes', async () => {
    const { world, key, sweep } = await aStoppedWorkbench(1);
    const volumes = overrideMethods(world.volumes, {
      list: async () => {
        world.clock.advance(11 * 60_000);
        return { volumes: [{ workbenchId: key.workbenchId, createdAt: 0 }] };
      },
    });
    const report = await sweep(volumes);
    expect(report.findings).toMatchObject([{ what: 'deferred' }]);
    expect(await world.read(key)).not.toHaveProperty('files');
  });
});
