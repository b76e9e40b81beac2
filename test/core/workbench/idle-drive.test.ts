import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { drive } from '#core/workbench/drive.ts';
import { IDLE_WARNING_MS } from '#core/workbench/lifecycle/idle.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { keyOf, type Running } from '#core/workbench/workbench.ts';
import { running, T0 } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;
const IDLE_POLICY = { idleStopMinutes: 60, idleStopGpuMinutes: 30 };

/** A world with a workbench that could be idle now, and the calls that one drive makes. */
async function driveOnce(
  fields: Partial<Running>,
  use: (world: MemoryWorld) => Promise<void> = async () => {},
) {
  const world = new MemoryWorld({ policy: IDLE_POLICY });
  world.clock.advance(T0 + 60 * MINUTE - world.clock.now());
  const workbench = running({ readyAt: T0, ...fields });
  await world.stores.workbenches.create(workbench);
  await use(world);
  const calls: string[] = [];
  const logCalls = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(String(name));
          return value.apply(target, args);
        };
      },
    });
  const { workbenches, history, activity, tasks, queue } = world.ports;
  const ports = {
    ...world.ports,
    workbenches: logCalls(workbenches),
    history: logCalls(history),
    activity: logCalls(activity),
    tasks: logCalls(tasks),
    queue: logCalls(queue),
  };
  await drive(ports, world.policy, keyOf(workbench));
  return { world, calls, key: keyOf(workbench) };
}

const IDLE = { minutes: 60, since: T0, because: 'start' } as const;

describe('the check of a workbench that could be idle', () => {
  it('reads the evidence once and writes the record once', async () => {
    const { calls } = await driveOnce({ idle: { ...IDLE, checkAt: T0 + 60 * MINUTE } }, (world) =>
      world.stores.activity.record(running().workbenchId, T0 + 59 * MINUTE),
    );
    expect(calls).toEqual(['read', 'readEvidence', 'update', 'send']);
  });

  it('that warns also writes the history', async () => {
    const { calls } = await driveOnce({ idle: { ...IDLE, checkAt: T0 + 60 * MINUTE } });
    expect(calls).toEqual(['read', 'readEvidence', 'update', 'append', 'update', 'send']);
  });

  it('that is not due reads the record only', async () => {
    const { calls } = await driveOnce({ idle: { ...IDLE, checkAt: T0 + 61 * MINUTE } });
    expect(calls).toEqual(['read']);
  });
});

describe('a workbench with an idle limit', () => {
  const aRunningOne = async (world: MemoryWorld) => {
    const key = await world.create();
    await world.waitForStatus(key, 'running');
    return key;
  };

  it('is warned ten minutes before it is stopped, within four minutes of its limit', async () => {
    const world = new MemoryWorld({ policy: IDLE_POLICY });
    const key = await aRunningOne(world);
    const since = ((await world.read(key)) as Running).idle?.since ?? 0;
    await world.waitForStatus(key, 'stopping', 70 * MINUTE);
    expect(world.clock.now() - since).toBeGreaterThanOrEqual(60 * MINUTE);
    expect(world.clock.now() - since).toBeLessThanOrEqual(64 * MINUTE);
    await world.waitForStatus(key, 'stopped');
    const entries = await listHistory(world.ports, key);
    const warnedAt = entries.find(({ type }) => type === 'idle_warned')?.at ?? Infinity;
    const stoppedAt = entries.find(({ to }) => to === 'stopping')?.at ?? 0;
    expect(stoppedAt - warnedAt).toBeGreaterThanOrEqual(IDLE_WARNING_MS);
  });

  it('runs for as long as it is used, with one check in each limit', async () => {
    const world = new MemoryWorld({ policy: IDLE_POLICY });
    const key = await aRunningOne(world);
    const { revision } = await world.read(key);
    for (let minutes = 0; minutes < 600; minutes += 5) {
      await world.stores.activity.record(key.workbenchId, world.clock.now());
      await world.advance(5 * MINUTE);
    }
    const after = await world.read(key);
    expect(after.status).toBe('running');
    expect(after.revision - revision).toBeLessThanOrEqual(14);
  });

  it('is not stopped while its evidence cannot be read', async () => {
    const world = new MemoryWorld({ policy: IDLE_POLICY });
    const key = await aRunningOne(world);
    const activity = overrideMethods(world.stores.activity, {
      readEvidence: () => Promise.reject(new PortError('unavailable', 'no response')),
    });
    for (let minutes = 0; minutes < 120; minutes += 1) {
      world.clock.advance(MINUTE);
      await drive({ ...world.ports, activity }, world.policy, key);
    }
    expect(await world.read(key)).toMatchObject({ status: 'running', idle: { unknown: true } });
  });
});
