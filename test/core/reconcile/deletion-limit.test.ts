import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { DELETION_MAX } from '#core/reconcile/orphans.ts';
import { sweepTasks } from '#core/reconcile/sweep-tasks.ts';
import { shardOf, sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import { drive } from '#core/workbench/drive.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { idAt, type running, T0 } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GRACE = { graceMs: 15 * MINUTE };

/** Running workbenches whose table was restored to the time before they were started. */
async function aRestoredTable(count: number) {
  const world = new MemoryWorld({ events: false });
  const keys: WorkbenchKey[] = [];
  for (let n = 0; n < count; n += 1) {
    const key = await world.waitForStatus(await world.create({}, `user-${n}`), 'running');
    const { run: _run, readyAt: _readyAt, ...older } = (await world.read(key)) as ReturnType<typeof running>;
    world.stores.workbenches.plant(key, { ...older, status: 'stopped', desired: 'stopped' });
    keys.push(key);
  }
  return { world, keys, sweep: () => sweepTasks(world.ports, world.policy, GRACE) };
}

function anOrphan(n: number): TaskInput {
  return {
    ...{ userId: 'ada', workbenchId: `gone-${n}`, runId: 'run-x', attempt: 1, name: 'x' },
    ...{ cpuUnits: 1, memoryMib: 1, gpuCount: 0, mount: {} },
    placement: { kind: 'provider', provider: 'small' },
  };
}

describe('unexpected tasks', () => {
  it('are stopped regardless of their age while they are few', async () => {
    const { world, sweep } = await aRestoredTable(DELETION_MAX);
    expect(await sweep()).toMatchObject({ repaired: DELETION_MAX, waiting: 0, alarm: false });
    await world.advance(2 * MINUTE);
    expect((await world.tasks.list()).tasks).toEqual([]);
  });

  it('all continue to run if there are many, because the table may have been restored', async () => {
    const { world, keys, sweep } = await aRestoredTable(DELETION_MAX + 1);
    expect(await sweep()).toMatchObject({
      ...{ repaired: 0, deleted: 0, waiting: DELETION_MAX + 1, alarm: true },
    });
    await world.advance(2 * MINUTE);
    expect((await world.tasks.list()).tasks).toHaveLength(DELETION_MAX + 1);
    for (const key of keys) expect((await world.read(key)).unexpectedTasks).toEqual([]);
  });

  it('count together with tasks without a record', async () => {
    const { world, sweep } = await aRestoredTable(DELETION_MAX - 1);
    for (let n = 0; n < 2; n += 1) await world.tasks.run(anOrphan(n), `token-${n}`);
    expect(await sweep()).toMatchObject({ repaired: DELETION_MAX - 1, waiting: 2, alarm: false });
    const again = await aRestoredTable(DELETION_MAX - 1);
    for (let n = 0; n < 2; n += 1) await again.world.tasks.run(anOrphan(n), `token-${n}`);
    await again.world.clock.advanceAsync(GRACE.graceMs);
    expect(await again.sweep()).toMatchObject({
      repaired: 0,
      deleted: 0,
      waiting: DELETION_MAX + 1,
      alarm: true,
    });
  });

  it('do not include the tasks of starts whose RunTask responses were lost', async () => {
    const world = new MemoryWorld({ events: false });
    const lost = overrideMethods(world.tasks, {
      run: async (input, token) => {
        await world.tasks.run(input, token);
        throw new PortError('unavailable', 'no response');
      },
    });
    for (let n = 0; n <= DELETION_MAX; n += 1) {
      const key = await world.create({}, `user-${n}`);
      await drive({ ...world.ports, tasks: lost }, world.policy, key);
      expect(await world.read(key)).toMatchObject({ status: 'starting', run: { phase: 'issued' } });
    }
    expect(await sweepTasks(world.ports, world.policy, GRACE)).toMatchObject({
      ...{ checked: DELETION_MAX + 1, repaired: 0, waiting: 0, alarm: false },
    });
  });
});

describe('orphaned volumes', () => {
  const SHARDS = 24;

  /** This many old orphaned volumes with files, in one shard. */
  async function inOneShard(count: number) {
    const world = new MemoryWorld();
    const ids = Array.from({ length: 1000 }, (_, n) => idAt(T0, n)).filter((id) => shardOf(id, SHARDS) === 3);
    for (const id of ids.slice(0, count)) {
      await world.volumes.ensure(id);
      world.volumes.files(id)?.add('thesis.tex');
    }
    world.clock.advance(DAY);
    return {
      world,
      sweep: () =>
        sweepVolumes(world.ports, { graceMs: DAY, policy: DEFAULT_POLICY, shard: 3, shards: SHARDS }),
    };
  }

  it('are deleted or quarantined if there is one in a shard', async () => {
    const { sweep } = await inOneShard(1);
    expect(await sweep()).toMatchObject({ quarantined: 1, alarm: false });
  });

  it('stay unchanged if there are two in a shard, because all shards of a day could cover a small table', async () => {
    const { world, sweep } = await inOneShard(2);
    expect(await sweep()).toMatchObject({ quarantined: 0, deleted: 0, waiting: 2, alarm: true });
    expect(world.telemetry.countsBy.get('deletion_limit_exceeded.volumes')).toBe(1);
  });

  it('are deleted or quarantined up to five if one sweep covers all volumes', async () => {
    const { world } = await inOneShard(DELETION_MAX);
    const all = { graceMs: DAY, policy: DEFAULT_POLICY, shard: 0, shards: 1 };
    expect(await sweepVolumes(world.ports, all)).toMatchObject({ quarantined: DELETION_MAX, alarm: false });
  });
});
