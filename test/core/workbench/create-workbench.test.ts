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

describe('createWorkbench', () => {
  it('writes a record that is due at once, and enqueues its key', async () => {
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

  it('refuses a request that does not fit, with the sizes that would fit', async () => {
    const world = new MemoryWorld();
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    await expect(create(world, { request })).rejects.toMatchObject({
      code: 'cannot_fit',
      message: expect.stringContaining('8192 CPU units, 32768 MiB of memory and 1 GPU'),
    });
    expect(await count(world)).toBe(0);
  });

  it('succeeds although the message could not be sent, because the record is due', async () => {
    const world = new MemoryWorld();
    const queue = { send: () => Promise.reject(new PortError('unavailable', 'no response')) };
    const { workbench } = await createWorkbench({ ...world.ports, queue }, world.policy, creation());
    expect(world.telemetry.counts.get('queue_send_failed')).toBe(1);
    await world.waitForStatus(workbench, 'running', 120_000);
  });

  it('recognises its own record if the response of its write was lost', async () => {
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

  it('never replaces another workbench with the same id', async () => {
    const world = new MemoryWorld();
    const ids = { ...world.ids, workbenchId: () => 'the-same' };
    await createWorkbench({ ...world.ports, ids }, world.policy, creation());
    await expect(createWorkbench({ ...world.ports, ids }, world.policy, creation())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The workbench could not be created. Try again.',
      detail: 'workbench id the-same already exists',
    });
  });

  it('refuses an existing id even if that workbench has been deleted or stopped since', async () => {
    const world = new MemoryWorld();
    const workbenches = overrideMethods(world.stores.workbenches, { create: async () => 'exists' as const });
    const idExists = { code: 'unavailable', detail: expect.stringMatching(/ already exists$/) };
    const ports = { ...world.ports, workbenches };
    await expect(createWorkbench(ports, world.policy, creation())).rejects.toMatchObject(idExists);
    const other = await create(world);
    const { status } = await stopWorkbench(world.ports, world.policy, other.workbench, 'ada');
    expect(status).toBe('stopped');
    const ids = { ...world.ids, workbenchId: () => other.workbench.workbenchId };
    await expect(createWorkbench({ ...world.ports, ids }, world.policy, creation())).rejects.toMatchObject(
      idExists,
    );
  });

  it('stores the idempotency key, if the request has one', async () => {
    const world = new MemoryWorld();
    expect((await create(world)).workbench).not.toHaveProperty('idempotencyKey');
    expect((await create(world, { idempotencyKey: KEY })).workbench.idempotencyKey).toBe(KEY);
  });

  it('begins the history and sets the deadline', async () => {
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

  it('with a dedicated instance type begins with the first generation of its host', async () => {
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

describe('createWorkbench with an idempotency key', () => {
  it('returns the first workbench for a repeated request', async () => {
    const world = new MemoryWorld();
    const first = await create(world, { idempotencyKey: KEY });
    const again = await create(world, { idempotencyKey: KEY });
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.workbench.workbenchId).toBe(first.workbench.workbenchId);
    expect(await count(world)).toBe(1);
  });

  it('creates one workbench for twenty concurrent requests', async () => {
    const world = new MemoryWorld();
    const all = await Promise.all(Array.from({ length: 20 }, () => create(world, { idempotencyKey: KEY })));
    expect(new Set(all.map(({ workbench }) => workbench.workbenchId)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  it('refuses another body', async () => {
    const world = new MemoryWorld();
    await create(world, { idempotencyKey: KEY });
    await expect(create(world, { idempotencyKey: KEY, bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
      message: 'This Idempotency-Key was used with another body. Use a new key for a new workbench.',
    });
  });

  it('refuses another body even if its request does not fit', async () => {
    const world = new MemoryWorld();
    await create(world, { idempotencyKey: KEY });
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    await expect(create(world, { idempotencyKey: KEY, request, bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('returns the first workbench although its size would no longer fit', async () => {
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

  it('does not use up the key of a request that does not fit', async () => {
    const world = new MemoryWorld();
    const request = { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0 };
    const unfit = create(world, { idempotencyKey: KEY, request, bodyHash: 'b' });
    await expect(unfit).rejects.toMatchObject({ code: 'cannot_fit' });
    expect((await create(world, { idempotencyKey: KEY })).created).toBe(true);
  });

  it('treats the same key of two users as two keys', async () => {
    const world = new MemoryWorld();
    const ada = await create(world, { idempotencyKey: KEY });
    const grace = await create(world, { idempotencyKey: KEY, userId: 'grace' });
    expect(grace.workbench.workbenchId).not.toBe(ada.workbench.workbenchId);
  });

  it('fails for a deleted workbench, for 24 hours', async () => {
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

  it('continues a claim whose request failed before it wrote the record', async () => {
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

  it('writes no record if the request was frozen for long after its claim', async () => {
    const world = new MemoryWorld();
    const store = world.stores.idempotency;
    const withClaimLasting = (ms: number) => ({
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
      createWorkbench(withClaimLasting(30_001), world.policy, creation({ idempotencyKey: KEY })),
    ).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'stalled',
      message: 'The request took too long. Try again.',
    });
    expect(await count(world)).toBe(0);
    const inTime = await createWorkbench(
      withClaimLasting(30_000),
      world.policy,
      creation({ idempotencyKey: 'retry-2' }),
    );
    expect(inTime.created).toBe(true);
    expect((await create(world, { idempotencyKey: KEY })).created).toBe(true);
  });

  it('does not restore a workbench that was created and deleted while the request was frozen', async () => {
    const world = new MemoryWorld();
    const store = world.stores.workbenches;
    const frozen = overrideMethods(store, {
      create: async (...args) => {
        const { workbench: first } = await create(world, { idempotencyKey: KEY });
        await deleteWorkbench(world.ports, world.policy, first, 'ada');
        await world.waitUntilGone(first);
        return store.create(...args);
      },
    });
    await expect(
      createWorkbench(
        { ...world.ports, workbenches: frozen },
        world.policy,
        creation({ idempotencyKey: KEY }),
      ),
    ).rejects.toMatchObject({ code: 'workbench_deleted' });
    await world.advance(60_000);
    expect(await count(world)).toBe(0);
  });
});
