import { describe, expect, it, vi } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { heldBy } from '#core/quotas/held.ts';
import { holdQuota } from '#core/quotas/hold-quota.ts';
import { readUse } from '#core/quotas/read-use.ts';
import {
  acceptWorkbench,
  moveWorkbench,
  offerWorkbench,
  withdrawOffer,
} from '#core/workbench/change-owner.ts';
import { startWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { createWorkbench } from '#core/workbench/create-workbench.ts';
import { findRecord } from '#core/workbench/find-record.ts';
import { OFFER_VALID_MS } from '#core/workbench/lifecycle/owner.ts';
import { observeTask } from '#core/workbench/observe.ts';
import { keyOf, OUTBOX_MAX, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { RUN_ID, stopped } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const unrecorded = async () => {};
const of = (userId: string, { workbenchId }: WorkbenchKey) => ({ userId, workbenchId });

/** The beginning of the present minute, in which starts are counted. */
function minuteOf({ ports }: MemoryWorld): number {
  const now = ports.clock.now();
  return now - (now % 60_000);
}

/** The entries of the ledger of the user. */
async function entriesOf({ stores }: MemoryWorld, userId: string) {
  return (await stores.quotas.readLedger(userId))?.ledger.entries;
}

async function aWorld(workbench: Workbench = stopped()) {
  const world = new MemoryWorld();
  await world.stores.workbenches.create(workbench);
  const { ports, policy } = world;
  return {
    world,
    workbench,
    offer: (to: string) =>
      world
        .read(workbench)
        .then((found) => offerWorkbench(ports, policy, found, to, found.userId, unrecorded)),
    accept: (userId: string) => acceptWorkbench(ports, policy, of(userId, workbench), userId, unrecorded),
    withdraw: (userId: string) => withdrawOffer(ports, policy, of(userId, workbench), userId, unrecorded),
    move: (to: string, from = workbench.userId) =>
      world
        .read(of(from, workbench))
        .then((found) => moveWorkbench(ports, policy, found, to, 'admin', unrecorded)),
    read: (userId: string) => world.stores.workbenches.read(of(userId, workbench)),
  };
}

describe('an offer', () => {
  it('that is accepted gives the workbench to the other user', async () => {
    const { world, offer, accept, read } = await aWorld();
    await offer('grace');
    expect((await read('ada'))?.userId).toBe('ada');
    expect((await accept('grace')).userId).toBe('grace');
    expect(await read('ada')).toBeUndefined();
    await world.advance(1000);
    const types = (await world.stores.history.list(stopped().workbenchId)).map(({ type, by }) => [type, by]);
    expect(types).toEqual([
      ['owner_changed', 'grace'],
      ['owner_offered', 'ada'],
    ]);
  });

  it('that is accepted twice changes the owner once', async () => {
    const { offer, accept } = await aWorld();
    await offer('grace');
    const first = await accept('grace');
    expect(await accept('grace')).toEqual(first);
  });

  it('can be accepted by no other user', async () => {
    const { offer, accept, read } = await aWorld();
    await expect(accept('grace')).rejects.toMatchObject({ code: 'workbench_not_found' });
    await offer('grace');
    await expect(accept('eve')).rejects.toMatchObject({ code: 'workbench_not_found' });
    expect((await read('ada'))?.userId).toBe('ada');
  });

  it('cannot be made to the owner', async () => {
    const { offer } = await aWorld();
    const ownedAlready = { code: 'invalid_request', fields: { owner: 'another user than the owner' } };
    await expect(offer('ada')).rejects.toMatchObject(ownedAlready);
  });

  it('ends when the owner withdraws it or the other user declines it', async () => {
    for (const user of ['ada', 'grace']) {
      const { offer, accept, withdraw } = await aWorld();
      await offer('grace');
      await expect(withdraw('eve')).rejects.toMatchObject({ code: 'workbench_not_found' });
      await withdraw(user);
      await expect(accept('grace')).rejects.toMatchObject({ code: 'workbench_not_found' });
    }
  });

  it('expires', async () => {
    const { world, offer, accept } = await aWorld();
    await offer('grace');
    world.clock.advance(OFFER_VALID_MS);
    await expect(accept('grace')).rejects.toMatchObject({ code: 'workbench_not_found' });
  });
});

describe('a move', () => {
  it('is refused while the workbench runs, and possible after its stop', async () => {
    const { world, workbench, move } = await aWorld();
    await startWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitForStatus(workbench, 'running');
    await expect(move('grace')).rejects.toMatchObject({ code: 'not_stopped' });
    await stopWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitForStatus(workbench, 'stopped');
    expect((await move('grace')).userId).toBe('grace');
  });

  it('lets the next owner start the workbench with the same files, under the name of the next owner', async () => {
    const { world, workbench, move } = await aWorld();
    await startWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitForStatus(workbench, 'running');
    await stopWorkbench(world.ports, world.policy, workbench, 'ada');
    await world.waitForStatus(workbench, 'stopped');
    const before = await world.stores.workbenches.read(workbench);
    const moved = await move('grace');
    await startWorkbench(world.ports, world.policy, keyOf(moved), 'grace');
    const after = await world.waitForStatus(moved, 'running');
    expect(after.mount).toEqual(before?.mount);
    const tasks = (await world.ports.tasks.list()).tasks.map(({ userId }) => userId);
    expect(tasks).toEqual(['grace']);
  });

  it('repeated after a lost response changes nothing', async () => {
    const { move } = await aWorld();
    const moved = await move('grace');
    expect(await move('grace', 'grace')).toEqual(moved);
  });

  it('respects the quota of the next owner, before anything is recorded', async () => {
    const { world, workbench, read } = await aWorld();
    await world.stores.workbenches.create(stopped({ userId: 'grace', workbenchId: 'other' }));
    await world.stores.quotas.writeLimits({ kind: 'user', userId: 'grace' }, { workbenches: 1 });
    const record = vi.fn(unrecorded);
    const move = moveWorkbench(world.ports, world.policy, workbench, 'grace', 'admin', record);
    await expect(move).rejects.toMatchObject({ code: 'quota_exceeded', reason: 'workbenches' });
    expect(record).not.toHaveBeenCalled();
    expect((await read('ada'))?.userId).toBe('ada');
  });

  it('gives back to its earlier owner what it held', async () => {
    const { world, workbench, move } = await aWorld();
    await world.stores.quotas.writeLimits({ kind: 'installation' }, { workbenches: 1 });
    const use = async (userId: string) => (await readUse(world.ports, {}, { userId })).used.workbenches;
    await holdQuota(
      world.ports,
      {},
      {
        ...{ user: { userId: 'ada' }, workbenchId: workbench.workbenchId },
        ...{ revision: workbench.revision, held: heldBy(workbench) },
      },
    );
    expect(await use('ada')).toBe(1);
    await move('grace');
    expect([await use('ada'), await use('grace')]).toEqual([0, 1]);
  });

  it('respects the rate of starts of the next owner', async () => {
    const { world, workbench, read } = await aWorld();
    const limits = { startsPerMinute: 1 };
    await world.ports.startRates.count('grace', minuteOf(world), 9);
    const move = moveWorkbench(world.ports, world.policy, workbench, 'grace', 'admin', unrecorded, limits);
    await expect(move).rejects.toMatchObject({ code: 'too_many_requests', reason: 'start_rate' });
    expect((await read('ada'))?.userId).toBe('ada');
  });

  it('that the status does not allow counts as no start', async () => {
    const { world, workbench } = await aWorld(stopped({ unexpectedTasks: [{ taskId: 'late' }] }));
    const limits = { startsPerMinute: 1 };
    await expect(
      moveWorkbench(world.ports, world.policy, workbench, 'grace', 'admin', unrecorded, limits),
    ).rejects.toMatchObject({ code: 'not_stopped' });
    expect(await world.ports.startRates.count('grace', minuteOf(world), 1)).toBe('counted');
  });

  it('and a start at the same time exclude each other', async () => {
    const { world, workbench, move, read } = await aWorld();
    const outcomes = await Promise.allSettled([
      startWorkbench(world.ports, world.policy, workbench, 'ada'),
      move('grace'),
    ]);
    const moved = await read('grace');
    if (outcomes[1].status === 'fulfilled') expect(moved?.status).toBe('stopped');
    else expect([moved, (await read('ada'))?.desired]).toEqual([undefined, 'running']);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('lets a frozen request with the idempotency key create no second record', async () => {
    const world = new MemoryWorld();
    const { policy } = world;
    const creation = {
      userId: 'ada',
      request: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 },
      idempotencyKey: 'key',
      bodyHash: 'hash',
      by: 'ada',
    };
    const store = world.stores.workbenches;
    const frozen = overrideMethods(store, {
      create: async (...args) => {
        const { workbench } = await createWorkbench(world.ports, policy, creation);
        await stopWorkbench(world.ports, policy, workbench, 'ada');
        await world.waitForStatus(workbench, 'stopped');
        const stoppedOne = await world.read(workbench);
        await moveWorkbench(world.ports, policy, stoppedOne, 'grace', 'admin', unrecorded);
        return store.create(...args);
      },
    });
    const late = createWorkbench({ ...world.ports, workbenches: frozen }, policy, creation);
    await expect(late).rejects.toMatchObject({ code: 'workbench_deleted' });
    expect(store.listAll().map(({ userId }) => userId)).toEqual(['grace']);
  });

  it('takes no quota of the next owner if the request was frozen, and is not made', async () => {
    const { world, workbench, offer, read } = await aWorld();
    const { quotas, workbenches: store } = world.stores;
    await quotas.writeLimits({ kind: 'installation' }, { workbenches: 1 });
    await offer('grace');
    const workbenches = overrideMethods(store, {
      findByWorkbenchId: async (...asked) => {
        world.clock.advance(30_000);
        return store.findByWorkbenchId(...asked);
      },
    });
    const key = of('grace', workbench);
    const ports = { ...world.ports, workbenches };
    await expect(acceptWorkbench(ports, world.policy, key, 'grace', unrecorded)).rejects.toMatchObject({
      ...{ code: 'unavailable', reason: 'timeout' },
    });
    expect((await read('ada'))?.userId).toBe('ada');
    expect(await quotas.readLedger('grace')).toBeUndefined();
  });

  it.each(['start', 'move'])(
    'gives back the quota of the next owner if a %s at the same time was first, also with a full outbox',
    async (other) => {
      const outbox = Array.from(
        { length: OUTBOX_MAX },
        (_, n) => ({ seq: n + 1, at: 0, type: 'updated', by: 'ada' }) as const,
      );
      const { world, workbench, move, read } = await aWorld(stopped({ outbox, historySeq: OUTBOX_MAX }));
      const { ports, policy } = world;
      await world.stores.quotas.writeLimits({ kind: 'installation' }, { workbenches: 1 });
      const record = async () => {
        if (other === 'start') await startWorkbench(ports, policy, workbench, 'ada');
        else await move('eve');
      };
      await expect(moveWorkbench(ports, policy, workbench, 'grace', 'admin', record)).rejects.toMatchObject({
        code: other === 'start' ? 'not_stopped' : 'workbench_not_found',
      });
      expect(await read('grace')).toBeUndefined();
      expect(await entriesOf(world, 'grace')).toEqual({});
    },
  );

  it('of an offer that expires meanwhile takes no quota from another attempt', async () => {
    const { world, workbench, offer, move, read } = await aWorld();
    const { ports, policy } = world;
    await world.stores.quotas.writeLimits({ kind: 'installation' }, { workbenches: 1 });
    await offer('grace');
    const record = async () => world.clock.advance(OFFER_VALID_MS);
    const accepted = acceptWorkbench(ports, policy, of('grace', workbench), 'grace', record);
    await expect(accepted).rejects.toMatchObject({ code: 'workbench_not_found' });
    const held = { [workbench.workbenchId]: { held: { workbenches: 1 } } };
    expect(await entriesOf(world, 'grace')).toMatchObject(held);
    await move('grace');
    expect((await read('grace'))?.userId).toBe('grace');
    expect(await entriesOf(world, 'grace')).toMatchObject(held);
  });

  it('is not made if it cannot be recorded, nor recorded if it cannot be made', async () => {
    const { world, workbench, read } = await aWorld();
    const recorded: string[] = [];
    const record = async ({ userId }: Workbench) => {
      recorded.push(userId);
      throw new Error('the audit is not available');
    };
    const { ports, policy } = world;
    await expect(moveWorkbench(ports, policy, workbench, 'grace', 'admin', record)).rejects.toThrow('audit');
    expect([(await read('ada'))?.userId, recorded]).toEqual(['ada', ['ada']]);
    await startWorkbench(ports, policy, workbench, 'ada');
    const refused = moveWorkbench(ports, policy, await world.read(workbench), 'grace', 'admin', record);
    await expect(refused).rejects.toMatchObject({ code: 'not_stopped' });
    expect(recorded).toHaveLength(1);
  });

  it('leaves no share to the earlier owner nor to the next one, and keeps those of others', async () => {
    const { world, workbench, move } = await aWorld();
    const { shares } = world.stores;
    const share = (userId: string) => ({
      ...{ workbenchId: workbench.workbenchId, grantee: { kind: 'user', userId } as const },
      ...{ role: 'use' as const, ownerId: 'ada', createdBy: 'ada', createdAt: 1 },
    });
    for (const user of ['ada', 'grace', 'eve']) await shares.put(share(user));
    await move('grace');
    expect(await shares.listByWorkbench(workbench.workbenchId)).toEqual([share('eve')]);
  });

  it('closes a claim that an interrupted create request left open', async () => {
    const { world, workbench, move } = await aWorld(stopped({ idempotencyKey: 'key' }));
    const { workbenchId } = workbench;
    const claim = {
      userId: 'ada',
      key: 'key',
      workbenchId,
      bodyHash: 'hash',
      expiresAt: world.ports.clock.now() + 1000,
    };
    await world.stores.idempotency.claim(claim, world.ports.clock.now());
    await move('grace');
    expect((await world.stores.idempotency.claim(claim, world.ports.clock.now())).claim.state).toBe('done');
  });
});

describe('what names the earlier owner', () => {
  it('finds the record under its next owner, also after several moves', async () => {
    const { world, workbench, move } = await aWorld();
    await move('grace');
    await move('mary', 'grace');
    const found = await findRecord(world.stores.workbenches, workbench);
    expect(found?.userId).toBe('mary');
  });

  it('and a task that was started for this user is stopped', async () => {
    const { world, workbench, move } = await aWorld();
    await move('grace');
    const task: TaskObservation = {
      taskId: 'late',
      userId: 'ada',
      workbenchId: workbench.workbenchId,
      runId: RUN_ID,
      attempt: 1,
      version: 1,
      status: 'running',
    };
    const after = await observeTask(world.ports, world.policy, workbench, task);
    expect(after).toMatchObject({ userId: 'grace', unexpectedTasks: [{ taskId: 'late' }] });
  });

  it('and its requests no longer find the workbench', async () => {
    const { world, workbench, move } = await aWorld();
    await move('grace');
    await expect(startWorkbench(world.ports, world.policy, workbench, 'ada')).rejects.toMatchObject({
      code: 'workbench_not_found',
    });
  });
});
