import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { HOLD_VALID_MS, INTENT_GRACE_MS } from '#core/quotas/ledger.ts';
import type { QuotaLimits } from '#core/quotas/limits.ts';
import { readUse } from '#core/quotas/read-use.ts';
import { sweepQuotas } from '#core/reconcile/sweep-quotas.ts';
import {
  deleteWorkbench,
  restartWorkbench,
  startWorkbench,
  stopWorkbench,
  updateWorkbench,
} from '#core/workbench/commands.ts';
import { type CreateCommand, type CreatePorts, createWorkbench } from '#core/workbench/create-workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const DAY = 24 * 3_600_000;
const SIZE = { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 };

async function aWorld(limits: QuotaLimits = {}) {
  const world = new MemoryWorld();
  await world.stores.quotas.writeLimits({ kind: 'installation' }, limits);
  const create = (fields: Partial<CreateCommand> = {}, ports: CreatePorts = world.ports) =>
    createWorkbench(ports, world.policy, {
      ...{ userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada' },
      ...fields,
    }).then(({ workbench }) => workbench);
  const used = async () => (await readUse(world.ports, {}, { userId: 'ada' })).used;
  return { world, create, used };
}

type Fault = 'none' | 'refused' | 'lost response' | 'killed before' | 'killed after';
const FAULTS = ['none', 'none', 'refused', 'lost response', 'killed before', 'killed after'] as const;

/** The store with a fault at each call: before or after its effect, as an error of the store or as the end of the function. */
function withFaults<T extends object>(store: T, next: () => Fault): T {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const fault = next();
        if (fault === 'refused') throw new PortError('throttled', 'too fast');
        if (fault === 'killed before') throw new Error('killed');
        const result: unknown = await member.apply(target, args);
        if (fault === 'lost response') throw new PortError('unavailable', 'no response');
        if (fault === 'killed after') throw new Error('killed');
        return result;
      };
    },
  });
}

const exceeded = (reason: string) => ({ code: 'quota_exceeded', reason });

describe('a quota', () => {
  it('allows exactly its limit of 100 creations at once', async () => {
    const { world, create } = await aWorld({ workbenches: 7 });
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => create()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    const { workbenches } = await world.stores.workbenches.listByUser('ada', { limit: 100 });
    expect(workbenches).toHaveLength(7);
  });

  it('allows exactly its limit of 100 creations at once, although any call of the stores may fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.constantFrom(...FAULTS)), async (faults) => {
        const { world, create, used } = await aWorld({ workbenches: 7 });
        const next = (): Fault => faults.next().value ?? 'none';
        const ports = {
          ...world.ports,
          quotas: withFaults(world.stores.quotas, next),
          workbenches: withFaults(world.stores.workbenches, next),
        };
        const burst = (each: () => Promise<unknown>) =>
          Promise.allSettled(Array.from({ length: 100 }, () => each()));
        const count = async () =>
          (await world.stores.workbenches.listByUser('ada', { limit: 100 })).workbenches.length;

        const results = await burst(() => create({}, ports));
        const stored = await count();
        expect(stored).toBeLessThanOrEqual(7);
        expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(stored);

        world.clock.advance(INTENT_GRACE_MS + 1);
        await sweepQuotas(world.ports);
        expect(await used()).toMatchObject({ workbenches: stored });
        await burst(() => create());
        expect(await count()).toBe(7);
      }),
      propertyRuns(20),
    );
  });

  describe('of USD in a month', () => {
    /** A workbench that has cost more than the limit of 1 USD. */
    async function spent() {
      const { world, create, used } = await aWorld({ usd_per_month: 1 });
      const first = await create();
      await world.waitForStatus(first, 'running');
      world.clock.advance(20 * 24 * 3_600_000);
      return { world, create, used, first };
    }

    it('refuses creations and starts once it is used, until the next month', async () => {
      const { world, create, used, first } = await spent();
      const { usd_per_month: usd } = await used();
      expect(usd).toBeGreaterThan(1);
      const resetsAt = Date.UTC(2030, 1);
      await expect(create()).rejects.toMatchObject({
        ...exceeded('usd_per_month'),
        quota: { limit: 1, used: usd, requested: 0, scope: 'installation', unit: 'usd', resetsAt },
      });
      await stopWorkbench(world.ports, world.policy, first, 'ada');
      await world.waitForStatus(first, 'stopped');
      const start = () => startWorkbench(world.ports, world.policy, first, 'ada');
      await expect(start()).rejects.toMatchObject(exceeded('usd_per_month'));
      world.clock.advance(resetsAt - world.clock.now());
      expect((await used()).usd_per_month).toBe(0);
      await start();
      await create();
    });

    it('stops nothing, and refuses nothing that starts nothing', async () => {
      const { world, first } = await spent();
      expect(await world.read(first)).toMatchObject({ status: 'running' });
      await restartWorkbench(world.ports, world.policy, first, 'ada');
      await world.waitForStatus(first, 'running');
      await updateWorkbench(world.ports, world.policy, first, { name: 'new' }, 'ada');
    });

    it('needs no ledger, and of 0 allows nothing', async () => {
      const { world, create } = await aWorld({ usd_per_month: 100 });
      await create();
      expect(world.stores.quotas.storedLedger('ada')).toBeUndefined();
      await world.stores.quotas.writeLimits({ kind: 'user', userId: 'ada' }, { usd_per_month: 0 });
      await expect(create()).rejects.toMatchObject({ quota: { limit: 0, scope: 'user:ada' } });
      await expect(create({ userId: 'bob' })).resolves.toBeDefined();
    });
  });

  it('is that of the owner, not of the caller', async () => {
    const { create } = await aWorld({ workbenches: 1 });
    await create({ by: 'an admin' });
    await expect(create()).rejects.toMatchObject(exceeded('workbenches'));
    await create({ userId: 'bob' });
  });

  it('of the settings applies until a stored limit says otherwise', async () => {
    const { world, create } = await aWorld();
    const policy = { ...world.policy, quotas: { workbenches: 1 } };
    const command = { userId: 'ada', request: SIZE, bodyHash: 'a', by: 'ada' };
    await create();
    await expect(createWorkbench(world.ports, policy, command)).rejects.toMatchObject(
      exceeded('workbenches'),
    );
    await world.stores.quotas.writeLimits({ kind: 'user', userId: 'ada' }, { workbenches: 2 });
    await createWorkbench(world.ports, policy, command);
  });

  it('counts workbenches from before the first limit', async () => {
    const { world, create, used } = await aWorld();
    await create();
    expect(world.stores.quotas.storedLedger('ada')).toBeUndefined();
    expect(await used()).toMatchObject({ workbenches: 1, running: 1 });
    await world.stores.quotas.writeLimits({ kind: 'installation' }, { running: 1 });
    await expect(create()).rejects.toMatchObject(exceeded('running'));
  });

  it('is given back when a workbench has stopped, and not before', async () => {
    const { world, create, used } = await aWorld({ running: 1, workbenches: 2 });
    const first = await create();
    await world.waitForStatus(first, 'running');
    await stopWorkbench(world.ports, world.policy, first, 'ada');
    await expect(create()).rejects.toMatchObject(exceeded('running'));
    await world.waitForStatus(first, 'stopped');
    expect(await used()).toMatchObject({ workbenches: 1, running: 0, cpu: 0, memory: 0 });
    const second = await create();
    await expect(startWorkbench(world.ports, world.policy, first, 'ada')).rejects.toMatchObject(
      exceeded('running'),
    );
    expect(await world.read(first)).toMatchObject({ status: 'stopped' });
    await world.waitForStatus(second, 'running');
    await restartWorkbench(world.ports, world.policy, second, 'ada');
    expect(await used()).toMatchObject({ workbenches: 2, running: 1 });
  });

  it('is given back when a workbench is deleted', async () => {
    const { world, create, used } = await aWorld({ workbenches: 1 });
    const workbench = await create();
    await world.waitForStatus(workbench, 'running');
    await deleteWorkbench(world.ports, world.policy, workbench, 'ada');
    await expect(create()).rejects.toMatchObject(exceeded('workbenches'));
    await world.waitUntilGone(workbench);
    expect(await used()).toMatchObject({ workbenches: 0, running: 0 });
    await create();
  });

  it('checks the size at the start after a resize', async () => {
    const { world, create } = await aWorld({ cpu: 1024 });
    const workbench = await create();
    await stopWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitForStatus(workbench, 'stopped');
    await updateWorkbench(world.ports, world.policy, workbench, { cpuUnits: 1025 }, 'ada');
    await expect(startWorkbench(world.ports, world.policy, workbench, 'ada')).rejects.toMatchObject({
      ...exceeded('cpu'),
      quota: { limit: 1024, used: 0, requested: 1025, unit: 'cpu_units' },
    });
  });

  it('does not hide that a request does not fit', async () => {
    const { create } = await aWorld({ workbenches: 0 });
    const request = { ...SIZE, cpuUnits: 99_999 };
    await expect(create({ request })).rejects.toMatchObject({ code: 'cannot_fit' });
  });

  it('is free for a retry with an idempotency key', async () => {
    const { create } = await aWorld({ workbenches: 1 });
    const workbench = await create({ idempotencyKey: 'k' });
    expect(await create({ idempotencyKey: 'k' })).toEqual(workbench);
  });

  it('of groups is that of the last proof for a request that proves none', async () => {
    const { world, create } = await aWorld();
    await world.stores.quotas.writeLimits({ kind: 'group', group: 'students' }, { running: 2 });
    await create({ groups: ['students'] });
    await create({ by: 'a service' });
    await expect(create({ by: 'a service' })).rejects.toMatchObject({
      ...exceeded('running'),
      quota: { scope: 'group:students' },
    });
    await create({ groups: [] });
  });
});

describe('a request that ends between the ledger and the record', () => {
  /** A creation whose write has no effect, and one that ends before it. */
  const ending = (world: MemoryWorld, error: Error) => ({
    ...world.ports,
    workbenches: overrideMethods(world.stores.workbenches, { create: () => Promise.reject(error) }),
  });

  it('gives back at once what the store has refused', async () => {
    const { world, create, used } = await aWorld({ workbenches: 1 });
    const ports = ending(world, new PortError('throttled', 'too fast'));
    await expect(create({}, ports)).rejects.toThrow('too fast');
    expect(await used()).toMatchObject({ workbenches: 0 });
  });

  it('refuses no other request after its grace period', async () => {
    const { world, create } = await aWorld({ workbenches: 1 });
    await expect(create({}, ending(world, new Error('killed')))).rejects.toThrow('killed');
    await expect(create()).rejects.toMatchObject(exceeded('workbenches'));
    world.clock.advance(INTENT_GRACE_MS + 1);
    await create();
  });

  it('is found by the sweep, which counts and reports it', async () => {
    const { world, create, used } = await aWorld({ workbenches: 1 });
    await expect(create({}, ending(world, new Error('killed')))).rejects.toThrow('killed');
    expect(await sweepQuotas(world.ports)).toMatchObject({ checked: 1, findings: [] });
    world.clock.advance(INTENT_GRACE_MS + 1);
    expect(await sweepQuotas(world.ports)).toMatchObject({
      ...{ sweep: 'quotas', checked: 1 },
      findings: [{ what: 'repaired', kind: 'quota' }],
    });
    expect(world.telemetry.countsBy.get('repair.quota')).toBe(1);
    expect(await used()).toMatchObject({ workbenches: 0 });
    expect(await sweepQuotas(world.ports)).toMatchObject({ findings: [] });
  });

  it('is found by the sweep although the clock was a day ahead', async () => {
    const { world, create, used } = await aWorld({ workbenches: 1 });
    world.clock.set(DAY);
    await expect(create({}, ending(world, new Error('killed')))).rejects.toThrow('killed');
    world.clock.set(-DAY);
    expect(await sweepQuotas(world.ports)).toMatchObject({ findings: [] });
    expect(await used()).toMatchObject({ workbenches: 1 });
    world.clock.advance(INTENT_GRACE_MS + 1);
    expect(await sweepQuotas(world.ports)).toMatchObject({ findings: [{ what: 'repaired', kind: 'quota' }] });
    expect(await used()).toMatchObject({ workbenches: 0 });
  });

  it.each(['before its write', 'after a conflict'])('adds nothing if it was frozen %s', async (when) => {
    const { world, create, used } = await aWorld({ workbenches: 1 });
    const store = world.stores.quotas;
    const frozen = async <T>(result: Promise<T>) => {
      world.clock.advance(HOLD_VALID_MS + 1);
      return result;
    };
    const quotas =
      when === 'before its write'
        ? overrideMethods(store, { read: (...asked) => frozen(store.read(...asked)) })
        : overrideMethods(store, { writeLedger: () => frozen(Promise.resolve('conflict' as const)) });
    await expect(create({}, { ...world.ports, quotas })).rejects.toMatchObject({
      ...{ code: 'unavailable', reason: 'stalled' },
    });
    expect(await used()).toMatchObject({ workbenches: 0 });
  });

  it('writes no record if it was frozen for longer than its entry is kept', async () => {
    const { world, create } = await aWorld({ workbenches: 1 });
    const quotas = overrideMethods(world.stores.quotas, {
      writeLedger: async (...written) => {
        world.clock.advance(HOLD_VALID_MS + 1);
        return world.stores.quotas.writeLedger(...written);
      },
    });
    await expect(create({}, { ...world.ports, quotas })).rejects.toMatchObject({
      ...{ code: 'unavailable', reason: 'stalled' },
    });
    expect((await world.stores.workbenches.listByUser('ada', { limit: 1 })).workbenches).toEqual([]);
  });
});

it('what cannot be given back is counted, and the sweep gives it back', async () => {
  const { world, create, used } = await aWorld({ running: 1 });
  const workbench = await create();
  await world.waitForStatus(workbench, 'running');
  const { readLedger } = world.stores.quotas;
  world.stores.quotas.readLedger = () => Promise.reject(new PortError('unavailable', 'down'));
  await stopWorkbench(world.ports, world.policy, workbench, 'ada');
  await world.waitForStatus(workbench, 'stopped');
  world.stores.quotas.readLedger = readLedger;
  expect(world.telemetry.counts.get('quota_settle_failed')).toBe(1);
  expect(await used()).toMatchObject({ running: 1 });
  expect(await sweepQuotas(world.ports)).toMatchObject({ findings: [{ kind: 'quota' }] });
  expect(await used()).toMatchObject({ running: 0 });
});
