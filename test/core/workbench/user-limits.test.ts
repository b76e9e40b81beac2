import { describe, expect, it } from 'vitest';
import {
  deleteWorkbench,
  restartWorkbench,
  startWorkbench,
  stopWorkbench,
} from '#core/workbench/commands.ts';
import { type CreateCommand, createWorkbench } from '#core/workbench/create-workbench.ts';
import { NO_LIMITS, type UserLimits } from '#core/workbench/user-limits.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
const ON_HOST = { ...SIZE, dedicatedInstanceType: 'm7i.large' };
const KEY = 'retry-1';

const startRate = (retryAfterSeconds: number) => ({
  code: 'too_many_requests',
  reason: 'start_rate',
  retryAfterSeconds,
});
const WORKBENCH_LIMIT = { code: 'too_many_requests', reason: 'workbench_limit', retryAfterSeconds: 60 };
const HOST_LIMIT = { code: 'too_many_requests', reason: 'host_limit', retryAfterSeconds: 60 };

/** A world at the beginning of a minute. */
function aWorld(): MemoryWorld {
  const world = new MemoryWorld();
  world.clock.advance(MINUTE - (world.clock.now() % MINUTE));
  return world;
}

function create(world: MemoryWorld, limits: Partial<UserLimits>, fields: Partial<CreateCommand> = {}) {
  const command = { userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada', ...fields };
  return createWorkbench(world.ports, world.policy, command, { ...NO_LIMITS, ...limits });
}

async function createOne(world: MemoryWorld, fields: Partial<CreateCommand> = {}) {
  return (await create(world, {}, fields)).workbench;
}

describe('the maximum number of workbenches', () => {
  const limits = { workbenchesMax: 2 };

  it('refuses the next workbench of this user, and of no other', async () => {
    const world = aWorld();
    for (let n = 0; n < 2; n += 1) await create(world, limits);
    await expect(create(world, limits)).rejects.toMatchObject({
      ...WORKBENCH_LIMIT,
      message: 'The user may have 2 workbenches. Delete one first.',
    });
    await create(world, limits, { userId: 'bob', by: 'ada' });
  });

  it('counts the workbenches that others created for the user', async () => {
    const world = aWorld();
    for (const by of ['ada', 'a service']) await create(world, limits, { by });
    await expect(create(world, limits, { by: 'an admin' })).rejects.toMatchObject(WORKBENCH_LIMIT);
  });

  it('counts a workbench until it has been deleted', async () => {
    const world = aWorld();
    const first = await createOne(world);
    const { workbench: second } = await create(world, limits);
    await world.waitForStatus(first, 'running');
    await deleteWorkbench(world.ports, world.policy, first, 'ada');
    await expect(create(world, limits)).rejects.toMatchObject(WORKBENCH_LIMIT);
    await world.waitUntilGone(first);
    await create(world, limits);
    expect(await world.read(second)).toBeDefined();
  });

  it('does not hide that a request does not fit', async () => {
    const world = aWorld();
    const request = { ...SIZE, cpuUnits: 99_999 };
    await create(world, { workbenchesMax: 1, startsPerMinute: 1 });
    await expect(create(world, { workbenchesMax: 1 }, { request })).rejects.toMatchObject({
      code: 'cannot_fit',
    });
  });
});

describe('the maximum number of dedicated instances', () => {
  it('refuses the next workbench on one, and not one on a shared instance', async () => {
    const world = aWorld();
    const limits = { hostsMax: 1 };
    await create(world, limits);
    await create(world, limits, { request: ON_HOST });
    await expect(create(world, limits, { request: ON_HOST })).rejects.toMatchObject({
      ...HOST_LIMIT,
      message: 'The user may have 1 workbenches on dedicated instances. Delete one first.',
    });
    await create(world, limits);
  });
});

describe('an idempotency key', () => {
  it('returns the workbench of the first request although every limit is reached', async () => {
    const world = aWorld();
    const limits = { workbenchesMax: 1, hostsMax: 1, startsPerMinute: 1 };
    const fields = { idempotencyKey: KEY, request: ON_HOST };
    const { workbench } = await create(world, limits, fields);
    expect(await create(world, limits, fields)).toEqual({ workbench, created: false });
  });

  it('returns the workbench of a first request that ended before it completed the key', async () => {
    const world = aWorld();
    const limits = { workbenchesMax: 1, startsPerMinute: 1 };
    const idempotency = overrideMethods(world.stores.idempotency, {
      complete: () => Promise.reject(new Error('killed')),
    });
    const command = { userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada', idempotencyKey: KEY };
    await expect(
      createWorkbench({ ...world.ports, idempotency }, world.policy, command, { ...NO_LIMITS, ...limits }),
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

  it('bounds the number of requests at the same time that exceed the maximum', async () => {
    const world = aWorld();
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => create(world, { workbenchesMax: 1, startsPerMinute: 5 })),
    );
    const created = results.filter(({ status }) => status === 'fulfilled').length;
    expect(created).toBeGreaterThanOrEqual(1);
    expect(created).toBeLessThanOrEqual(5);
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
