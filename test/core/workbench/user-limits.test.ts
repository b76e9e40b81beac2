import { describe, expect, it } from 'vitest';
import { restartWorkbench, startWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { type CreateCommand, createWorkbench } from '#core/workbench/create-workbench.ts';
import { NO_START_LIMIT, type StartLimit } from '#core/workbench/user-limits.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
const KEY = 'retry-1';

const startRate = (retryAfterSeconds: number) => ({
  code: 'too_many_requests',
  reason: 'start_rate',
  retryAfterSeconds,
});

/** A world at the beginning of a minute. */
function aWorld(): MemoryWorld {
  const world = new MemoryWorld();
  world.clock.advance(MINUTE - (world.clock.now() % MINUTE));
  return world;
}

function create(world: MemoryWorld, limits: Partial<StartLimit>, fields: Partial<CreateCommand> = {}) {
  const command = { userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada', ...fields };
  return createWorkbench(world.ports, world.policy, command, { ...NO_START_LIMIT, ...limits });
}

async function createOne(world: MemoryWorld, fields: Partial<CreateCommand> = {}) {
  return (await create(world, {}, fields)).workbench;
}

describe('an idempotency key', () => {
  it('returns the workbench of the first request although the limit is reached', async () => {
    const world = aWorld();
    const limits = { startsPerMinute: 1 };
    const fields = { idempotencyKey: KEY };
    const { workbench } = await create(world, limits, fields);
    expect(await create(world, limits, fields)).toEqual({ workbench, created: false });
  });

  it('returns the workbench of a first request that ended before it completed the key', async () => {
    const world = aWorld();
    const limits = { startsPerMinute: 1 };
    const idempotency = overrideMethods(world.stores.idempotency, {
      complete: () => Promise.reject(new Error('killed')),
    });
    const command = { userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada', idempotencyKey: KEY };
    await expect(
      createWorkbench({ ...world.ports, idempotency }, world.policy, command, {
        ...NO_START_LIMIT,
        ...limits,
      }),
    ).rejects.toThrow('killed');
    expect(await create(world, limits, { idempotencyKey: KEY })).toMatchObject({ created: false });
  });

  it('of a refused request can be used again', async () => {
    const world = aWorld();
    const limits = { startsPerMinute: 1 };
    await create(world, limits);
    await expect(create(world, limits, { idempotencyKey: KEY })).rejects.toMatchObject(startRate(60));
    world.clock.advance(MINUTE);
    expect(await create(world, limits, { idempotencyKey: KEY })).toMatchObject({ created: true });
  });
});

describe('the number of starts per minute', () => {
  const limits = { startsPerMinute: 3 };
  const limit = { startsPerMinute: 1 };

  it('refuses the next one until the minute is over', async () => {
    const world = aWorld();
    world.clock.advance(500);
    for (let n = 0; n < 3; n += 1) await create(world, limits);
    world.clock.advance(10_000);
    await expect(create(world, limits)).rejects.toMatchObject({
      ...startRate(50),
      message: 'The user may start 3 workbenches a minute. Try again in 50 s.',
    });
    world.clock.advance(49_499);
    await expect(create(world, limits)).rejects.toMatchObject(startRate(1));
    await create(world, limits, { userId: 'bob' });
    world.clock.advance(1);
    await create(world, limits);
  });

  it('counts the start of a stopped workbench', async () => {
    const world = aWorld();
    const key = await createOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    await startWorkbench(world.ports, world.policy, key, 'ada', { limits: limit });
    await expect(create(world, limit)).rejects.toMatchObject({ reason: 'start_rate' });
  });

  it('counts the restart of a running workbench, and refuses the next before it changes the record', async () => {
    const world = aWorld();
    const key = await createOne(world);
    await world.waitForStatus(key, 'running');
    await create(world, limit);
    const before = await world.read(key);
    await expect(
      restartWorkbench(world.ports, world.policy, key, 'ada', { limits: limit }),
    ).rejects.toMatchObject({
      reason: 'start_rate',
    });
    expect(await world.read(key)).toBe(before);
    world.clock.advance(MINUTE);
    expect(await restartWorkbench(world.ports, world.policy, key, 'ada', { limits: limit })).toMatchObject({
      status: 'stopping',
      desired: 'running',
    });
    await expect(create(world, limit)).rejects.toMatchObject({ reason: 'start_rate' });
  });

  it('does not count a request that changes nothing', async () => {
    const world = aWorld();
    const key = await createOne(world);
    for (let n = 0; n < 3; n += 1)
      await startWorkbench(world.ports, world.policy, key, 'ada', { limits: limit });
    await restartWorkbench(world.ports, world.policy, key, 'ada', { limits: limit });
    await create(world, limit);
  });

  it('does not count a start that is refused or impossible', async () => {
    const world = aWorld();
    const request = { ...SIZE, cpuUnits: 99_999 };
    await expect(create(world, limit, { request })).rejects.toMatchObject({ code: 'cannot_fit' });
    const gone = { userId: 'ada', workbenchId: 'gone' };
    await expect(
      startWorkbench(world.ports, world.policy, gone, 'ada', { limits: limit }),
    ).rejects.toMatchObject({
      code: 'workbench_not_found',
    });
    await create(world, limit);
  });

  it('counts the start once if the write meets a revision conflict', async () => {
    const world = aWorld();
    const key = await createOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    let conflicts = 2;
    const workbenches = overrideMethods(world.stores.workbenches, {
      update: async (workbench, revision) =>
        conflicts-- > 0 ? 'conflict' : world.stores.workbenches.update(workbench, revision),
    });
    const two = { startsPerMinute: 2 };
    await startWorkbench({ ...world.ports, workbenches }, world.policy, key, 'ada', { limits: two });
    expect(conflicts).toBe(-1);
    await create(world, two);
    await expect(create(world, two)).rejects.toMatchObject({ reason: 'start_rate' });
  });
});
