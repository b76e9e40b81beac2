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
import type { WorkbenchEvent } from '#core/workbench/workbench-event.ts';
import { aShare } from '#test/contracts/share-store.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const MINUTE = 60_000;

async function aRunningOne(world: MemoryWorld, request = {}) {
  const workbench = await world.create(request);
  return (await world.waitForStatus(workbench, 'running')) as Running;
}

describe('a start', () => {
  it('passes provisioning and pending to running and is then settled', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const statuses = new Set<string>();
    await world.waitUntil(key, (workbench) => {
      if (workbench) statuses.add(workbench.status);
      return workbench?.status === 'running';
    });
    expect([...statuses]).toEqual(['provisioning', 'pending', 'running']);
    expect(await world.dueAt(key)).toBeUndefined();
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
  });

  it('is completed by the gate, which is asked about its task alone, where one can be asked', async () => {
    const world = new MemoryWorld({ policy: { gateSilentTimeoutMs: MINUTE } });
    world.gate.result = { kind: 'unreachable', detail: 'connection refused' };
    const key = await world.create();
    await world.waitUntil(key, () => world.gate.asked.length > 1);
    expect(statusDetail(await world.read(key))).toBe('the gate cannot reach it: connection refused');
    world.gate.result = { kind: 'reachable' };
    const running = (await world.waitForStatus(key, 'running')) as Running;
    const { workbenchId } = key;
    expect(new Set(world.gate.asked.map((task) => JSON.stringify(task)))).toEqual(
      new Set([JSON.stringify({ workbenchId, taskId: running.run.taskId })]),
    );
    const asked = world.gate.asked.length;
    await world.advance(60 * MINUTE);
    expect(world.gate.asked.length).toBe(asked);
  });

  it('that ends although the gate is silent is counted and logged', async () => {
    const world = new MemoryWorld({ policy: { gateSilentTimeoutMs: MINUTE } });
    world.gate.result = { kind: 'silent' };
    const key = await world.create();
    await world.waitForStatus(key, 'running', 5 * MINUTE);
    await world.advance(MINUTE);
    expect(world.telemetry.counts.get('gate_silent')).toBe(1);
    expect(world.telemetry.lines).toContainEqual({
      level: 'warn',
      message: 'workbench runs although the gate did not respond',
    });
    const entries = await listHistory(world.ports, key);
    expect(entries.map(({ type }) => type)).toContain('gate_silent');
    // Its duration is one that users wait for.
    expect(await world.startTimes.list(0)).toHaveLength(1);
  });

  it('completes by polling if no event arrives', async () => {
    const world = new MemoryWorld({ events: false });
    await world.waitForStatus(await world.create(), 'running', 2 * MINUTE);
  });

  it('is continued by the reconciler if the message is lost', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    expect(world.queue.takeDue()).toEqual({ userId: key.userId, workbenchId: key.workbenchId });
    await world.waitForStatus(key, 'running', 2 * MINUTE);
  });

  it('retries a call of unknown outcome with the same token and adopts its task', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.tasks.onNextRun(() => {
      throw new PortError('unavailable', 'no response');
    });
    await world.waitForStatus(key, 'running');
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    expect(world.tasks.runTokens.length).toBeGreaterThan(1);
  });

  it('delays a new attempt for as long as a late call of the last one could take effect', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const refused = {
      kind: 'refused',
      code: 'no_capacity',
      message: 'No capacity.',
      retryable: true,
    } as const;
    world.tasks.onNextRun(() => refused);
    await world.deliver();
    await world.advance(world.policy.startRetryMs - 1000);
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    await world.waitForStatus(key, 'running');
    expect(new Set(world.tasks.runTokens).size).toBe(2);
  });

  it('is retried with other tokens until it has run out of attempts, and each retry is counted', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const stop = { code: 'storage_failed', message: 'Access denied by server.', retryable: true } as const;
    const failedAt: number[] = [];
    for (const taskId of ['task-000001', 'task-000002', 'task-000003']) {
      await world.waitUntil(key, (record) => record?.status === 'pending' && record.run.taskId === taskId);
      failedAt.push(world.clock.now());
      world.tasks.exitTask(taskId, stop);
      await world.advance(1);
      expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
    }
    const { code, message } = stop;
    expect(await world.waitForStatus(key, 'stopped')).toMatchObject({ reason: { code, message } });
    expect(new Set(world.tasks.runTokens).size).toBe(3);
    expect((failedAt[2] ?? 0) - (failedAt[1] ?? 0)).toBeGreaterThan(30_000);
    const retried = (await listHistory(world.ports, key)).filter(({ type }) => type === 'start_retried');
    expect(retried).toMatchObject([{ code: 'storage_failed' }, { code: 'storage_failed' }]);
    expect(world.telemetry.countsBy.get('start_retried.storage_failed')).toBe(2);
  });

  it('is retried and then runs, and no failed task is left in the record', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    const pending = await world.waitForStatus(key, 'pending');
    world.tasks.exitTask('run' in pending && pending.run?.phase === 'accepted' ? pending.run.taskId : '', {
      ...{ code: 'instance_lost', message: 'Lost.', retryable: true },
    });
    const ready = await world.waitForStatus(key, 'running');
    expect(ready).toMatchObject({ desired: 'running', run: { attempt: 2 } });
    expect(ready).not.toHaveProperty('failedStarts');
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
  });

  it('ends with the last refusal if its deadline passes without capacity', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    for (let i = 0; i < 100; i += 1) {
      world.tasks.onNextRun(() => ({
        kind: 'refused',
        code: 'no_capacity',
        message: 'No capacity.',
        retryable: true,
      }));
    }
    const stopped = await world.waitForStatus(key, 'stopped', 20 * MINUTE);
    expect(stopped).toMatchObject({
      desired: 'stopped',
      reason: { code: 'no_capacity', message: 'No capacity.' },
    });
  });

  it('pauses its deadline while the controller is throttled', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    let throttled = true;
    const throttle = () => {
      if (!throttled) return undefined;
      world.tasks.onNextRun(throttle);
      throw new PortError('throttled', 'rate exceeded');
    };
    world.tasks.onNextRun(throttle);
    await world.advance(2 * world.policy.startingTimeoutMs);
    const waiting = await world.read(key);
    expect([waiting.status, statusDetail(waiting)]).toEqual(['starting', 'queued']);
    throttled = false;
    await world.waitForStatus(key, 'running', 3 * MINUTE);
  });

  it('ends at once with a reason if ECS refuses permanently', async () => {
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

  it('ends with storage_failed if its volume is refused permanently', async () => {
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

  it('retries if its volume is refused temporarily', async () => {
    const world = new MemoryWorld();
    world.volumes.onNextEnsure(() => ({
      kind: 'refused',
      code: 'storage_failed',
      message: 'Busy.',
      retryable: true,
    }));
    await world.waitForStatus(await world.create(), 'running', 5 * MINUTE);
  });

  it('ends with no_capacity if its task waits longer than the provisioning timeout', async () => {
    const world = new MemoryWorld({ tasks: { max: 0 } });
    const stopped = await world.waitForStatus(await world.create(), 'stopped', 40 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'no_capacity' } });
  });

  it('ends with start_timeout if its task never becomes ready, and leaves no task behind', async () => {
    const world = new MemoryWorld({ tasks: { pendingMs: 10 ** 9 } });
    const key = await world.create();
    const stopped = await world.waitForStatus(key, 'stopped', 40 * MINUTE);
    expect(stopped).toMatchObject({ reason: { code: 'start_timeout' } });
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
  });
});

describe('a stop', () => {
  it('stops the task, which counts as gone only after the stop settle period', async () => {
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

  it('during RunTask finds the task and stops it', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.tasks.onNextRun(() => {
      throw new PortError('unavailable', 'no response');
    });
    await world.deliver();
    expect(runOf(await world.read(key))?.phase).toBe('issued');
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    expect(new Set(world.tasks.runTokens).size).toBe(1);
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
  });

  it('before any call was sent is finished at once', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    expect((await stopWorkbench(world.ports, world.policy, key, 'ada')).status).toBe('stopped');
    await world.advance(MINUTE);
    expect(world.tasks.runTokens).toHaveLength(0);
  });

  it('past its deadline stays stopping and reports instance_unreachable', async () => {
    const world = new MemoryWorld({ tasks: { stoppingMs: 10 ** 9 } });
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.advance(world.policy.stoppingTimeoutMs + MINUTE);
    const late = await world.read(key);
    expect([late.status, statusDetail(late)]).toEqual(['stopping', 'instance_unreachable']);
  });

  it('that is overdue is counted at each drive, so that an alarm can follow', async () => {
    const world = new MemoryWorld({ tasks: { stoppingMs: 10 ** 9 } });
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.advance(world.policy.stoppingTimeoutMs - MINUTE);
    expect(world.telemetry.counts.get('overdue')).toBeUndefined();
    await world.advance(10 * MINUTE);
    expect(world.telemetry.counts.get('overdue')).toBeGreaterThan(1);
  });
});

describe('a start during a stop', () => {
  it('begins after the stop, with a new run', async () => {
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
  it('that is requested twice at once restarts once', async () => {
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

describe('a run that ends on its own', () => {
  it('becomes stopped with a reason and is not restarted', async () => {
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

  it('is detected by sweepActive if its event was lost', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await aRunningOne(world);
    world.tasks.exitTask(key.run.taskId, { code: 'exited', message: 'Exit code 3.' });
    await world.advance(10 * MINUTE);
    expect((await world.read(key)).status).toBe('running');
    const report = await sweepActive(world.ports, world.policy);
    expect(report).toMatchObject({ checked: 1, repaired: 1, failed: 0 });
    await world.waitForStatus(key, 'stopped', MINUTE);
  });

  it('counts as lost if its task is missing for longer than the timeout', async () => {
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

/** The events that are stored from now on. */
function eventsIn(world: MemoryWorld): readonly WorkbenchEvent[] {
  const events: WorkbenchEvent[] = [];
  world.stores.history.onNewEntry = (_workbenchId, _entry, event) => {
    if (event !== undefined) events.push(event);
  };
  return events;
}

describe('workbench events', () => {
  it('are stored with each entry of the history that has one, once, from the creation to the end of the files', async () => {
    const world = new MemoryWorld();
    const events = eventsIn(world);
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntil(key, (workbench) => workbench?.status === 'stopped');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntil(key, (workbench) => workbench === undefined);
    const history = await world.stores.history.list(key.workbenchId);
    const expected = history.toReversed().map(({ seq }) => `${key.workbenchId}-${seq}`);
    expect(events.map(({ id }) => id)).toEqual(expected);
    expect(events.map(({ type, status }) => [type, status])).toEqual([
      ['created', 'starting'],
      ['status_changed', 'provisioning'],
      ['status_changed', 'pending'],
      ['status_changed', 'running'],
      ['status_changed', 'stopping'],
      ['status_changed', 'stopped'],
      ['delete_requested', 'deleting'],
      ['files_deleted', 'deleting'],
    ]);
  });

  it('are stored by a request, too, if the record has no space for its entry', async () => {
    const world = new MemoryWorld();
    const events = eventsIn(world);
    const key = await world.create();
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await startWorkbench(world.ports, world.policy, key, 'ada');
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    expect(events.map(({ id }) => id)).toContain(`${key.workbenchId}-1`);
  });
});

describe('a deletion', () => {
  it('ends the run, then deletes the volume and the record, and lets the history expire after 30 days', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntil(key, (workbench) => workbench === undefined);
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(0);
    const events = await world.stores.history.list(key.workbenchId);
    expect(events.at(0)).toMatchObject({ type: 'files_deleted' });
    expect(events.at(1)).toMatchObject({ type: 'delete_requested', to: 'deleting' });
    expect(HISTORY_RETENTION_AFTER_DELETE_MS).toBe(30 * 24 * 60 * MINUTE);
  });

  it('deletes what is noted of the activity, before the record', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    await world.stores.activity.record(key.workbenchId, world.clock.now());
    const failing = {
      ...world.ports,
      activity: {
        delete: () => Promise.reject(new PortError('throttled', 'x')),
        readEvidence: async () => ({}),
      },
    };
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    for (let second = 0; second < 120; second += 1) {
      await world.clock.advanceAsync(1000);
      await drive(failing, world.policy, key).catch(() => {});
    }
    expect((await world.read(key)).status).toBe('deleting');
    await world.waitUntilGone(key);
    expect(await world.stores.activity.read([key.workbenchId])).toEqual(new Map());
  });

  it('deletes the shares, before the record', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    await world.stores.shares.put(aShare({ workbenchId: key.workbenchId }));
    const failing = {
      ...world.ports,
      shares: { deleteAll: () => Promise.reject(new PortError('throttled', 'x')) },
    };
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    for (let second = 0; second < 120; second += 1) {
      await world.clock.advanceAsync(1000);
      await drive(failing, world.policy, key).catch(() => {});
    }
    expect((await world.read(key)).status).toBe('deleting');
    await world.waitUntilGone(key);
    expect(await world.stores.shares.listByWorkbench(key.workbenchId)).toEqual([]);
  });

  it('never deletes files while a task may have them mounted', async () => {
    const world = new MemoryWorld({ tasks: { stoppingMs: 5 * MINUTE } });
    const key = await aRunningOne(world);
    world.volumes.files(key.workbenchId)?.add('thesis.tex');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    while ((await world.liveTasks(key.workbenchId)).length > 0) {
      expect(world.volumes.files(key.workbenchId)).toContain('thesis.tex');
      await world.advance(1000);
    }
    await world.waitUntilGone(key);
  });

  it('deletes a large volume in as many calls as necessary', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    for (let i = 0; i < 50_000; i += 1) world.volumes.files(key.workbenchId)?.add(`file-${i}`);
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    expect(world.volumes.files(key.workbenchId)).toBeUndefined();
  });
});

describe('a host', () => {
  const dedicated = { dedicatedInstanceType: 'm7i.large' };

  it('is launched, given to the run as a whole, stopped with it, started again and finally terminated', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world, dedicated);
    const instanceId = key.host?.instanceId ?? '';
    expect(await world.tasks.describe([key.run.taskId])).toMatchObject([{ containerInstance: instanceId }]);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    expect((await world.hosts.describe([instanceId]))[0]?.state).toBe('stopped');
    await startWorkbench(world.ports, world.policy, key, 'ada');
    expect((await world.waitForStatus(key, 'running')).host?.instanceId).toBe(instanceId);
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitUntilGone(key);
    expect((await world.hosts.describe([instanceId]))[0]?.state).toBe('terminated');
  });

  it('works without any event', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await aRunningOne(world, dedicated);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped', 3 * MINUTE);
  });

  it('that can no longer start is replaced', async () => {
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

  it('whose launch has an unknown outcome is found by its client token, stopped and terminated', async () => {
    const world = new MemoryWorld();
    world.hosts.onNextLaunch(() => {
      throw new PortError('unavailable', 'no response');
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

  it('that cannot be launched before the deadline ends the start with the reason', async () => {
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

  it('whose launch is refused permanently ends the start at once', async () => {
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

  it('whose agent is silent long after an overdue stop is terminated, which proves the end of the task', async () => {
    const world = new MemoryWorld({ tasks: { stoppingMs: 10 ** 9 } });
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

describe('drive', () => {
  it('ends before the timeout of its function and enqueues the workbench for the rest', async () => {
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

  it('continues with one message if it runs twice concurrently: the last writer sends it', async () => {
    const world = new MemoryWorld();
    const key = await aRunningOne(world);
    await stopWorkbench(world.ports, world.policy, key, 'ada');
    await world.waitForStatus(key, 'stopped');
    await deleteWorkbench(world.ports, world.policy, key, 'ada');
    const queue = new MemoryWorkQueue(world.clock);
    const volumes = overrideMethods(world.volumes, {
      deleteSlice: () =>
        new Promise((resolve) => world.clock.after(10_000, () => resolve({ done: false, deleted: 1 }))),
    });
    const driveOnce = () => drive({ ...world.ports, volumes, queue }, world.policy, key);
    const first = driveOnce();
    // The reconciler finds the record due during its deletion, and sends a second message.
    await world.clock.advanceAsync(3_000);
    const second = driveOnce();
    await world.clock.advanceAsync(60_000);
    await Promise.all([first, second]);
    expect(queue.size).toBe(1);
  });

  it('does nothing for a deleted workbench', async () => {
    const world = new MemoryWorld();
    await expect(
      drive(world.ports, world.policy, { userId: 'ada', workbenchId: 'gone' }),
    ).resolves.toBeUndefined();
  });

  it('executes no effect twice if it runs twice concurrently', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    await Promise.all([world.drive(key), world.drive(key), world.drive(key)]);
    await world.waitForStatus(key, 'running');
    expect(await world.liveTasks(key.workbenchId)).toHaveLength(1);
    expect(new Set(world.tasks.runTokens).size).toBe(1);
  });

  it('writes the history in order and without gaps', async () => {
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

  it('throws errors that no port may throw, so that the queue repeats the message', async () => {
    const world = new MemoryWorld();
    const key = await world.create();
    world.volumes.onNextEnsure(() => {
      throw new TypeError('a bug');
    });
    await expect(world.drive(key)).rejects.toThrow('a bug');
    await world.waitForStatus(key, 'running');
  });
});
