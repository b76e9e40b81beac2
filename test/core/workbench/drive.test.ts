import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { sweepActive } from '#core/reconcile/sweep-active.ts';
import {
  deleteWorkbench,
  restartWorkbench,
  startWorkbench,
  stopWorkbench,
} from '#core/workbench/commands.ts';
import { drive, HISTORY_RETENTION_AFTER_DELETE_MS } from '#core/workbench/drive.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { type Running, runOf } from '#core/workbench/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;

async function aRunningOne(world: MemoryWorld, request = {}) {
  const workbench = await world.create(request);
  return (await world.waitForStatus(workbench, 'running')) as Running;
}

describe('a start', () => {
  it('goes through provisioning and pending to running and is then settled', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const seen = new Set<string>();
    await world.waitUntil(key, (workbench) => {
      if (workbench) seen.add(workbench.status);
      return workbench?.status === 'running';
    });
    expect([...seen]).toEqual(['provisioning', 'pending', 'running']);
    expect(await world.dueAt(key)).toBeUndefined();
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
  });

  it('is found by looking when no event ever comes', async () => {
    const world = new MemoryWorld({ events: false });
    await world.waitForStatus(await world.create(), 'running', 2 * MINUTE);
  });

  it('is found by the reconciler when the message is lost', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    expect(world.queue.takeDue()).toEqual({ userId: key.userId, workbenchId: key.workbenchId });
    await world.waitForStatus(key, 'running', 2 * MINUTE);
  });

  it('repeats a call of unknown outcome with the same token and adopts its task', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.tasks.onNextRun(() => {
      throw new PortError('unavailable', 'no answer');
    });
    await world.waitForStatus(key, 'running');
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    expect(world.tasks.runTokens.length).toBeGreaterThan(1);
  });

  it('waits with a new attempt for as long as a late call of the last could still come', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const refused = { kind: 'refused', code: 'no_capacity', message: 'No room.', retryable: true } as const;
    world.tasks.onNextRun(() => refused);
    await world.deliver();
    await world.advance(world.policy.startRetryMs - 1000);
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    await world.waitForStatus(key, 'running');
    expect(new Set(world.tasks.runTokens).size).toBe(2);
  });

  it('says what could not be had when its deadline passes without capacity', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    for (let i = 0; i < 100; i += 1) {
      world.tasks.onNextRun(() => ({
        kind: 'refused',
        code: 'no_capacity',
        message: 'No room.',
        retryable: true,
      }));
    }
    const stopped = await world.waitForStatus(key, 'stopped', 20 * MINUTE);
    expect(stopped).toMatchObject({
      desired: 'stopped',
      reason: { code: 'no_capacity', message: 'No room.' },
    });
  });

  it('does not count the time in which we ourselves are throttled against its deadline', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    let throttled = true;
    const answer = () => {
      if (!throttled) return undefined;
      world.tasks.onNextRun(answer);
      throw new PortError('throttled', 'rate exceeded');
    };
    world.tasks.onNextRun(answer);
    await world.advance(2 * world.policy.startingTimeoutMs);
    const waiting = await world.read(key);
    expect([waiting.status, statusDetail(waiting)]).toEqual(['starting', 'queued']);
    throttled = false;
    await world.waitForStatus(key, 'running', 3 * MINUTE);
  });

  it('ends at once with its reason when the platform refuses for good', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.tasks.onNextRun(() => ({
      kind: 'refused',
      code: 'start_refused',
      message: 'Bad image.',
      retryable: false,
    }));
    const stopped = await world.waitForStatus(key, 'stopped', MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'start_refused', message: 'Bad image.' } });
  });

  it('ends with storage_failed when its volume cannot be had', async () => {
    const world = new MemoryWorld();
    world.volumes.onNextEnsure(() => ({
      kind: 'refused',
      code: 'storage_failed',
      message: 'Disk full.',
      retryable: false,
    }));
    const stopped = await world.waitForStatus(await world.create(), 'stopped', MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'storage_failed' } });
  });

  it('tries again for a volume that is not to be had just now', async () => {
    const world = new MemoryWorld();
    world.volumes.onNextEnsure(() => ({
      kind: 'refused',
      code: 'storage_failed',
      message: 'Busy.',
      retryable: true,
    }));
    await world.waitForStatus(await world.create(), 'running', 5 * MINUTE);
  });

  it('ends with no_capacity when its task waits longer than provisioning may take', async () => {
    const world = new MemoryWorld({ tasks: { max: 0 } });
    const stopped = await world.waitForStatus(await world.create(), 'stopped', 40 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'no_capacity' } });
  });

  it('ends with start_timeout when its task never becomes ready, and leaves no task behind', async () => {
    const world = new MemoryWorld({ tasks: { pendingMs: 10 ** 9 } });
    const key = await world.create();
    const stopped = await world.waitForStatus(key, 'stopped', 40 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'start_timeout' } });
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
  });
});

describe('a stop', () => {
  it('ends the task, and counts it as gone only after the fence', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntil(key, (workbench) => {
      const run = workbench && runOf(workbench);
      return run?.phase === 'accepted' && run.goneAfter !== undefined;
    });
    const since = world.clock.now();
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
    const stopped = await world.waitForStatus(key, 'stopped');
    expect(world.clock.now() - since).toBeGreaterThanOrEqual(world.policy.stopSettleMs - 1000);
    expect(stopped).not.toHaveProperty('reason');
    expect(await world.dueAt(key)).toBeUndefined();
  });

  it('that came while RunTask was on its way finds the task and stops it', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.tasks.onNextRun(() => {
      throw new PortError('unavailable', 'no answer');
    });
    await world.deliver();
    expect(runOf(await world.read(key))?.phase).toBe('issued');
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
  });

  it('before anything was sent is done at once', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    expect((await stopWorkbench(world.ports, world.policy, key, 'ada')).status).toBe('stopped');
    await world.advance(MINUTE);
    expect(world.tasks.runTokens).toHaveLength(0);
  });

  it('past its deadline stays stopping and says that the machine is silent', async () => {
    const world = new MemoryWorld({ tasks: { stoppingTimeoutMs: 10 ** 9 } });
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.advance(world.policy.stoppingTimeoutMs + MINUTE);
    const late = await world.read(key);
    expect([late.status, statusDetail(late)]).toEqual(['stopping', 'instance_unreachable']);
  });

  it('that is overdue is counted at each look, so that somebody is told', async () => {
    const world = new MemoryWorld({ tasks: { stoppingTimeoutMs: 10 ** 9 } });
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.advance(world.policy.stoppingTimeoutMs - MINUTE);
    expect(world.telemetry.counts.get('overdue')).toBeUndefined();
    await world.advance(10 * MINUTE);
    expect(world.telemetry.counts.get('overdue')).toBeGreaterThan(1);
  });
});

describe('a start during a stop', () => {
  it('begins when the stop is done, with a run of its own', async () => {
    const world = new MemoryWorld();
    const first = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, first, 'ada');
    await startWorkbench(world.ports, world.policy, first, 'ada');
    expect(await world.read(first)).toMatchObject({ status: 'stopping', desired: 'running' });
    const again = (await world.waitForStatus(first, 'running')) as Running;
    expect(again.run.runId).not.toBe(first.run.runId);
    expect(await world.liveTasks(first.workbenchId)).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('asked twice at once restarts once', async () => {
    const world = new MemoryWorld();
    const first = await aRunningOne(world);
    const restart = () => restartWorkbench(world.ports, world.policy, first, 'ada');
    await Promise.all([restart(), restart()]);
    await world.waitForStatus(first, 'stopping');
    await world.waitForStatus(first, 'running');
    await world.advance(MINUTE);
    expect(new Set(world.tasks.runTokens).size).toBe(2);
    const events = await listHistory(world.ports, first);
    expect(events.filter(({ type: event }) => event === 'restart_requested')).toHaveLength(1);
  });
});

describe('a run that ends by itself', () => {
  it('becomes stopped with the reason, and nothing restarts it', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    world.tasks.exitTask(key.run.taskId, { code: 'exited', message: 'Exit code 3.' });
    const stopped = await world.waitForStatus(key, 'stopped', MINUTE);
    expect(stopped).toMatchObject({
      desired: 'stopped',
      reason: { code: 'exited', message: 'Exit code 3.' },
    });
    await world.advance(10 * MINUTE);
    expect((await world.read(key)).status).toBe('stopped');
  });

  it('is found by holding active records against their tasks when the event was lost', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await aRunningOne(world);
    world.tasks.exitTask(key.run.taskId, { code: 'exited', message: 'Exit code 3.' });
    await world.advance(10 * MINUTE);
    expect((await world.read(key)).status).toBe('running');
    const report = await sweepActive(world.ports, world.policy);
    expect(report).toMatchObject({ checked: 1, repaired: 1, failed: 0 });
    await world.waitForStatus(key, 'stopped', MINUTE);
  });

  it('whose task is forgotten counts as lost only after it has been missing for long', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await aRunningOne(world);
    world.tasks.exitTask(key.run.taskId, { code: 'exited', message: 'Exit code 3.' });
    world.clock.advance(2 * 60 * MINUTE);
    await sweepActive(world.ports, world.policy);
    expect((await world.read(key)).status).toBe('running');
    const stopped = await world.waitForStatus(key, 'stopped', world.policy.taskMissingTimeoutMs + MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'task_lost' } });
  });
});

describe('a destroy', () => {
  it('ends the run, then the volume, then the record, and lets the history end 30 days later', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntil(key, (workbench) => workbench === undefined);
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
    const events = await world.stores.history.list(key.workbenchId);
    expect(events.at(0)).toMatchObject({ type: 'delete_requested', to: 'deleting' });
    expect(HISTORY_RETENTION_AFTER_DELETE_MS).toBe(30 * 24 * 60 * MINUTE);
  });

  it('never touches the files while a task may still have them mounted', async () => {
    const world = new MemoryWorld({ tasks: { stoppingTimeoutMs: 5 * MINUTE } });
    const key = await aRunningOne(world);
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    while ((await world.liveTasks(key.workbenchId)).length > 0) {
      expect(world.volumes.files(key.workbenchId)).toContain('thesis.tex');
      await world.advance(1000);
    }
    await world.waitUntilGone(key);
  });

  it('goes on with a large volume in as many calls as it takes', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    for (let i = 0; i < 50_000; i += 1) world.volumes.files(key.workbenchId)?.add(`file-${i}`);
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
  });
});

describe('a dedicated machine', () => {
  const dedicated = { dedicatedInstanceType: 'm7i.large' };

  it('is launched, given whole to the run, stopped with it, started again and terminated at last', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world, dedicated);
    const instanceId = key.host?.instanceId ?? '';
    expect(key.run.containerInstance).toBe(instanceId);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    expect((await world.hosts.describe([instanceId]))[0]?.state).toBe('stopped');
    await startWorkbench(world.ports, world.policy, key, 'ada');
    expect((await world.waitForStatus(key, 'running')).host?.instanceId).toBe(instanceId);
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    expect((await world.hosts.describe([instanceId]))[0]?.state).toBe('terminated');
  });

  it('works also when no event ever comes', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await aRunningOne(world, dedicated);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped', 3 * MINUTE);
  });

  it('that cannot be started any more is replaced by another', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world, dedicated);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    world.hosts.onNextLaunch(() => ({
      kind: 'refused',
      code: 'no_capacity',
      message: 'None left.',
      retryable: true,
    }));
    await startWorkbench(world.ports, world.policy, key, 'ada');
    const again = await world.waitForStatus(key, 'running');
    expect(again.host?.instanceId).not.toBe(key.host?.instanceId);
    expect((await world.hosts.describe([key.host?.instanceId ?? '']))[0]?.state).toBe('terminated');
    const events = await listHistory(world.ports, key);
    expect(events.map(({ type: event }) => event)).toContain('host_replaced');
  });

  it('whose launch has no known outcome is found again by its token, stopped and ended', async () => {
    const world = new MemoryWorld();
    world.hosts.onNextLaunch(() => {
      throw new PortError('unavailable', 'no answer');
    });
    const key = await world.create(dedicated);
    await world.deliver();
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    expect((await world.hosts.list()).hosts).toHaveLength(0);
  });

  it('that is lost while running ends the run with instance_lost', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world, dedicated);
    await world.hosts.terminate(key.host?.instanceId ?? '');
    const stopped = await world.waitForStatus(key, 'stopped', 5 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'instance_lost' } });
    expect(stopped.host).toBeUndefined();
  });

  it('ends the start with the reason when none can be launched until the deadline', async () => {
    const world = new MemoryWorld();
    for (let i = 0; i < 100; i += 1) {
      world.hosts.onNextLaunch(() => ({
        kind: 'refused',
        code: 'no_capacity',
        message: 'None left.',
        retryable: true,
      }));
    }
    const stopped = await world.waitForStatus(await world.create(dedicated), 'stopped', 30 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'no_capacity', message: 'None left.' } });
  });

  it('ends the start at once when its launch is refused for good', async () => {
    const world = new MemoryWorld();
    world.hosts.onNextLaunch(() => ({
      kind: 'refused',
      code: 'start_refused',
      message: 'Not allowed.',
      retryable: false,
    }));
    const stopped = await world.waitForStatus(await world.create(dedicated), 'stopped', MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'start_refused' } });
    expect(stopped.host).toBeUndefined();
  });

  it('that stays silent long after an overdue stop is terminated, which proves the end of the task', async () => {
    const world = new MemoryWorld({ tasks: { stoppingTimeoutMs: 10 ** 9 } });
    const key = await aRunningOne(world, dedicated);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(
      key,
      'stopped',
      world.policy.stoppingTimeoutMs + world.policy.agentSilentTimeoutMs + 5 * MINUTE,
    );
    expect((await world.hosts.describe([key.host?.instanceId ?? '']))[0]?.state).toBe('terminated');
  });
});

describe('driving', () => {
  it('ends in time for the function it runs in, and asks to be called again for the rest', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    while (world.queue.takeDue());
    let slices = 0;
    const volumes = overrideMethods(world.volumes, {
      deleteSlice: async () => {
        slices += 1;
        world.clock.advance(8000);
        return { done: false, deleted: 1 };
      },
    });
    await drive({ ...world.ports, volumes }, world.policy, key);
    expect(slices).toBe(3);
    expect(world.queue.takeDue()?.workbenchId).toBe(key.workbenchId);
  });

  it('of a workbench that is no more does nothing', async () => {
    const world = new MemoryWorld();
    await expect(
      drive(world.ports, world.policy, { userId: 'ada', workbenchId: 'gone' }),
    ).resolves.toBeUndefined();
  });

  it('twice at once does nothing twice', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    await Promise.all([world.drive(key), world.drive(key), world.drive(key)]);
    await world.waitForStatus(key, 'running');
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
    expect(new Set(world.tasks.runTokens).size).toBe(1);
  });

  it('keeps the history of a workbench, in order and without gaps', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    for (let i = 0; i < 5; i += 1) {
      await stopWorkbench(world.ports, world.policy, key, 'ada');
      await startWorkbench(world.ports, world.policy, key, 'grace');
    }
    await world.waitForStatus(key, 'running');
    const events = await listHistory(world.ports, key);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => events.length - i));
    expect(events.at(-1)).toMatchObject({ type: 'created', by: 'ada' });
    expect((await world.read(key)).outbox).toHaveLength(0);
  });

  it('leaves what a port may not throw to the queue', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.volumes.onNextEnsure(() => {
      throw new TypeError('a fault of ours');
    });
    await expect(world.drive(key)).rejects.toThrow('a fault of ours');
    await world.waitForStatus(key, 'running');
  });
});
