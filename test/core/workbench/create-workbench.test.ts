import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { IDEMPOTENCY_RETENTION_MS } from '#core/ports/workbench-store.ts';
import { deleteWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { type CreateCommand, createWorkbench } from '#core/workbench/create-workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const KEY = 'retry-1';

function creation(fields: Partial<CreateCommand> = {}): CreateCommand {
  const request = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };
  return { userId: 'ada', request, bodyHash: 'a', by: 'ada', ...fields };
}

function create(world: MemoryWorld, fields: Partial<CreateCommand> = {}) {
  return createWorkbench(world.ports, world.policy, creation(fields));
}

async function count(world: MemoryWorld): Promise<number> {
  return (await world.stores.workbenches.listByUser('ada', { limit: 100 })).workbenches.length;
}

describe('creating', () => {
  it('writes the intent, due at once, and sends its key', async () => {
    const world = new MemoryWorld();
    let reads = 0;
    const workbenches = overrideMethods(world.stores.workbenches, {
      read: (key) => {
        reads += 1;
        return world.stores.workbenches.read(key);
      },
    });
    const { workbench, created } = await createWorkbench(
      { ...world.ports, workbenches },
      world.policy,
      creation(),
    );
    expect([created, reads]).toEqual([true, 0]);
    expect(workbench).toMatchObject({
      status: 'starting',
      desired: 'running',
      nextDriveAt: world.clock.now(),
    });
    expect(workbench.name).toBe(`wb-${workbench.workbenchId}`);
    expect(await world.stores.workbenches.read(workbench)).toEqual(workbench);
    expect(world.queue.size).toBe(1);
  });

  it('is refused at once when nothing can hold the request, and says what would fit', async () => {
    const world = new MemoryWorld();
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    await expect(create(world, { request })).rejects.toMatchObject({
      code: 'cannot_fit',
      message: expect.stringContaining('8192 CPU units, 32768 MiB of memory and 1 GPU'),
    });
    expect(await count(world)).toBe(0);
  });

  it('counts although the queue did not take the key: the record says what is owed', async () => {
    const world = new MemoryWorld();
    const queue = { send: () => Promise.reject(new PortError('unavailable', 'no answer')) };
    const { workbench } = await createWorkbench({ ...world.ports, queue }, world.policy, creation());
    expect(world.telemetry.counts.get('queue_send_failed')).toBe(1);
    await world.waitForStatus(workbench, 'running', 120_000);
  });

  it('knows its own record again when the answer to its write was lost', async () => {
    const world = new MemoryWorld();
    const store = world.stores.workbenches;
    const workbenches = overrideMethods(store, {
      create: async (workbench) => {
        await store.create(workbench);
        return store.create(workbench);
      },
    });
    const { created } = await createWorkbench({ ...world.ports, workbenches }, world.policy, creation());
    expect(created).toBe(true);
    expect(await count(world)).toBe(1);
  });

  it('never takes the place of another workbench with its id', async () => {
    const world = new MemoryWorld();
    const ids = { ...world.ids, workbenchId: () => 'the-same' };
    await createWorkbench({ ...world.ports, ids }, world.policy, creation());
    await expect(createWorkbench({ ...world.ports, ids }, world.policy, creation())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Try again.',
      detail: 'workbench id the-same is taken',
    });
  });

  it('is told that its id is taken also when that one has been destroyed, or stopped, since', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, { create: async () => 'exists' as const });
    const taken = { code: 'unavailable', detail: expect.stringMatching(/ is taken$/) };
    const ports = { ...world.ports, workbenches };
    await expect(createWorkbench(ports, world.policy, creation())).rejects.toMatchObject(taken);
    const other = await create(world);
    const { status } = await stopWorkbench(world.ports, world.policy, other.workbench, 'ada');
    expect(status).toBe('stopped');
    const ids = { ...world.ids, workbenchId: () => other.workbench.workbenchId };
    await expect(createWorkbench({ ...world.ports, ids }, world.policy, creation())).rejects.toMatchObject(
      taken,
    );
  });

  it('remembers under which key it was created, if under any', async () => {
    const world = new MemoryWorld();
    expect((await create(world)).workbench).not.toHaveProperty('idempotencyKey');
    expect((await create(world, { idempotencyKey: KEY })).workbench.idempotencyKey).toBe(KEY);
  });

  it('begins the history, and the time that it may take', async () => {
    const world = new MemoryWorld();
    const { workbench } = await create(world, { by: 'grace' });
    const now = world.clock.now();
    expect(workbench).toMatchObject({
      ...{ createdAt: now, startedAt: now, updatedAt: now, deadlineAt: now + world.policy.startingTimeoutMs },
      ...{ revision: 1, failures: 0, unexpectedTasks: [], historySeq: 1 },
      run: { phase: 'preparing', attempt: 1 },
      outbox: [{ seq: 1, at: now, type: 'created', by: 'grace', to: 'starting' }],
    });
    expect(workbench).not.toHaveProperty('host');
  });

  it('with a machine of its own asks for the first of its generations', async () => {
    const world = new MemoryWorld();
    const request = { ...creation().request, dedicatedInstanceType: 'm7i.large', name: 'Mine' };
    const { workbench } = await create(world, { request });
    expect(workbench).toMatchObject({
      name: 'Mine',
      host: { instanceType: 'm7i.large', generation: 1, state: 'requested', agentConnected: false },
    });
    expect(workbench.spec).not.toHaveProperty('name');
  });
});

describe('creating with an idempotency key', () => {
  it('again answers the first workbench', async () => {
    const world = new MemoryWorld();
    const first = await create(world, { idempotencyKey: KEY });
    const again = await create(world, { idempotencyKey: KEY });
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.workbench.workbenchId).toBe(first.workbench.workbenchId);
    expect(await count(world)).toBe(1);
  });

  it('twenty times at once creates one', async () => {
    const world = new MemoryWorld();
    const all = await Promise.all(Array.from({ length: 20 }, () => create(world, { idempotencyKey: KEY })));
    expect(new Set(all.map(({ workbench }) => workbench.workbenchId)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  it('and another body is a conflict', async () => {
    const world = new MemoryWorld();
    await create(world, { idempotencyKey: KEY });
    await expect(create(world, { idempotencyKey: KEY, bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
      message: 'This Idempotency-Key was used with another body.',
    });
  });

  it('and another body is a conflict also when nothing can hold what it asks for', async () => {
    const world = new MemoryWorld();
    await create(world, { idempotencyKey: KEY });
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    await expect(create(world, { idempotencyKey: KEY, request, bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('again answers the first workbench although nothing can hold its like any more', async () => {
    const world = new MemoryWorld();
    const { workbench } = await create(world, { idempotencyKey: KEY });
    const catalog = overrideMethods(world.ports.catalog, { providers: async () => [] });
    const again = await createWorkbench(
      { ...world.ports, catalog },
      world.policy,
      creation({ idempotencyKey: KEY }),
    );
    expect(again).toMatchObject({ created: false, workbench: { workbenchId: workbench.workbenchId } });
  });

  it('leaves the key free when nothing can hold the request', async () => {
    const world = new MemoryWorld();
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    const unfit = create(world, { idempotencyKey: KEY, request, bodyHash: 'b' });
    await expect(unfit).rejects.toMatchObject({ code: 'cannot_fit' });
    expect((await create(world, { idempotencyKey: KEY })).created).toBe(true);
  });

  it('is the user’s own: another user’s same key is another key', async () => {
    const world = new MemoryWorld();
    const ada = await create(world, { idempotencyKey: KEY });
    const grace = await create(world, { idempotencyKey: KEY, userId: 'grace' });
    expect(grace.workbench.workbenchId).not.toBe(ada.workbench.workbenchId);
  });

  it('of a workbench destroyed since says so, for 24 hours', async () => {
    const world = new MemoryWorld();
    const { workbench } = await create(world, { idempotencyKey: KEY });
    await deleteWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitUntilGone(workbench);
    await expect(create(world, { idempotencyKey: KEY })).rejects.toMatchObject({
      code: 'workbench_deleted',
    });
    world.clock.advance(IDEMPOTENCY_RETENTION_MS);
    expect((await create(world, { idempotencyKey: KEY })).created).toBe(true);
  });

  it('goes on with a claim whose request died before it wrote the record', async () => {
    const world = new MemoryWorld();
    const dead = overrideMethods(world.stores.workbenches, {
      create: () => Promise.reject(new Error('killed')),
    });
    await expect(
      createWorkbench({ ...world.ports, workbenches: dead }, world.policy, creation({ idempotencyKey: KEY })),
    ).rejects.toThrow('killed');
    const { workbench, created } = await create(world, { idempotencyKey: KEY });
    expect(created).toBe(true);
    await world.waitForStatus(workbench, 'running');
    expect(await count(world)).toBe(1);
  });

  it('writes nothing any more when it has stalled for long after its claim', async () => {
    const world = new MemoryWorld();
    const store = world.stores.idempotency;
    const stalling = (ms: number) => ({
      ...world.ports,
      idempotency: overrideMethods(store, {
        claim: async (claim, now) => {
          const claimed = await store.claim(claim, now);
          world.clock.advance(ms);
          return claimed;
        },
      }),
    });
    await expect(
      createWorkbench(stalling(30_001), world.policy, creation({ idempotencyKey: KEY })),
    ).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'stalled',
      message: 'This took too long. Try again.',
    });
    expect(await count(world)).toBe(0);
    const inTime = await createWorkbench(
      stalling(30_000),
      world.policy,
      creation({ idempotencyKey: 'retry-2' }),
    );
    expect(inTime.created).toBe(true);
    expect((await create(world, { idempotencyKey: KEY })).created).toBe(true);
  });

  it('does not bring back what was created and destroyed while it stalled', async () => {
    const world = new MemoryWorld();
    const store = world.stores.workbenches;
    const stalled = overrideMethods(store, {
      create: async (workbench) => {
        const { workbench: first } = await create(world, { idempotencyKey: KEY });
        await deleteWorkbench(world.ports, world.policy, first, 'ada');
        await world.waitUntilGone(first);
        return store.create(workbench);
      },
    });
    await expect(
      createWorkbench(
        { ...world.ports, workbenches: stalled },
        world.policy,
        creation({ idempotencyKey: KEY }),
      ),
    ).rejects.toMatchObject({ code: 'workbench_deleted' });
    await world.advance(60_000);
    expect(await count(world)).toBe(0);
  });
});
