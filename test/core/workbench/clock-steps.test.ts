import { describe, expect, it } from 'vitest';
import { deleteWorkbench, restartWorkbench, stopWorkbench } from '#core/workbench/commands.ts';
import { drive } from '#core/workbench/drive.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [-DAY, -HOUR, -MINUTE, -10 * SECOND, 10 * MINUTE, HOUR, DAY];

describe.each(STEPS)('a clock that steps by %i ms', (step) => {
  it('between the request of a stop and its delivery does not delay the stop', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    world.clock.set(step);
    await world.waitForStatus(key, 'stopped', 2 * MINUTE);
  });

  it('at any second of a life loses no due time and fails no start', async () => {
    for (let second = 0; second <= 40; second += 4) {
      const world = new MemoryWorld();
      let steps = 0;
      const advanceTo = async (at: number, key: WorkbenchKey, status: 'running' | 'stopped') => {
        await world.advance(at * SECOND);
        world.clock.set(step);
        steps += 1;
        return world.waitForStatus(key, status, 3 * MINUTE);
      };
      const key = await world.create();
      await advanceTo(second, key, 'running');
      await restartWorkbench(world.ports, world.policy, key, 'ada');
      await advanceTo(second, key, 'running');
      await stopWorkbench(world.ports, world.policy, key, 'ada');
      await advanceTo(second, key, 'stopped');
      await deleteWorkbench(world.ports, world.policy, key, 'ada');
      await world.advance(second * SECOND);
      world.clock.set(step);
      await world.waitUntilGone(key, 3 * MINUTE);
      expect(steps).toBe(3);
      expect(world.tasks.runTokens).toHaveLength(2);
    }
  });
});

describe('a clock that is set forward by a day', () => {
  it.each(['provisioning', 'pending'] as const)('fails no start that is %s', async (status) => {
    const world = new MemoryWorld({ tasks: { provisioningMs: 3 * MINUTE, pendingMs: 3 * MINUTE } });
    const key = await world.waitForStatus(await world.create(), status);
    world.clock.set(DAY);
    await world.advance(MINUTE);
    await world.waitForStatus(key, 'running', 6 * MINUTE);
    expect(world.tasks.runTokens).toHaveLength(1);
  });

  it('does not keep a start for longer than its timeout', async () => {
    const world = new MemoryWorld({ tasks: { pendingMs: DAY } });
    const key = await world.waitForStatus(await world.create(), 'pending');
    world.clock.set(DAY);
    await world.waitForStatus(key, 'stopped', world.policy.pendingTimeoutMs + MINUTE);
  });
});

describe('a clock that was set back', () => {
  async function aStopWithoutMessage(step: number) {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(await world.create(), 'running');
    await world.deliver();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(world.queue.takeDue()).toBeDefined();
    world.clock.set(step);
    return { world, key };
  }

  it.each([-3 * HOUR, -DAY])('by %i ms does not delay a stop whose message is lost', async (step) => {
    const { world, key } = await aStopWithoutMessage(step);
    await world.waitForStatus(key, 'stopped', 2 * MINUTE);
  });

  it('lets a repeated request enqueue the workbench', async () => {
    const { world, key } = await aStopWithoutMessage(-HOUR);
    expect(world.queue.takeDue()).toBeUndefined();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(world.queue.takeDue()).toMatchObject({ workbenchId: key.workbenchId });
    await drive(world.ports, world.policy, key);
    await world.waitForStatus(key, 'stopped', MINUTE);
  });
});
