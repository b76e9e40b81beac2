import { describe, expect, it } from 'vitest';
import { pendingEffects } from '#core/workbench/lifecycle/effects.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  aTaskInput,
  deleting,
  ID,
  issuedRun,
  pending,
  preparingRun,
  provisioning,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const MINUTE = 60_000;
/** The pending effects of a record that was written a moment ago. */
const at = (workbench: Workbench, now: number) =>
  pendingEffects({ ...workbench, nextDriveAt: now, updatedAt: now }, now, POLICY);
const due = (workbench: Workbench) => at(workbench, T0);

const RUN_TASK = { type: 'run_task', input: aTaskInput(), token: `${ID}/${RUN_ID}/1` };
const STOP = { type: 'stop_task', taskId: 'task-1', reason: 'workbench is being stopped' };
const DESCRIBE = { type: 'describe_task', taskId: 'task-1' };

describe('pendingEffects', () => {
  it('returns none for a settled workbench, however much time passes', () => {
    expect(pendingEffects(running(), T0 + 365 * 24 * 60 * MINUTE, POLICY)).toEqual([]);
  });

  it('returns none before the due time', () => {
    expect(pendingEffects(starting({ nextDriveAt: T0 + 1 }), T0, POLICY)).toEqual([]);
    expect(pendingEffects(starting({ nextDriveAt: T0 + 1 }), T0 + 1, POLICY)).toEqual([
      { type: 'ensure_volume' },
    ]);
  });

  it('returns for a start its volume, then its placement, then its task', () => {
    expect(due(starting())).toEqual([{ type: 'ensure_volume' }]);
    expect(due(starting({ mount: {} }))).toEqual([{ type: 'place_run', runId: RUN_ID, attempt: 1 }]);
    expect(due(starting({ mount: {}, run: issuedRun() }))).toEqual([RUN_TASK]);
  });

  it('returns a poll for a task that is starting, or that runs and is due', () => {
    for (const workbench of [provisioning(), pending(), running()])
      expect(due(workbench)).toEqual([DESCRIBE]);
  });

  it('returns the same RunTask call for an issued run that is ending', () => {
    expect(due(stopping({ run: issuedRun() }))).toEqual([RUN_TASK]);
    expect(due(deleting({ run: issuedRun() }))).toEqual([RUN_TASK]);
  });

  it('returns a stop for an ending run, again after the retry interval, and polls in between', () => {
    expect(due(stopping())).toEqual([STOP]);
    const requested = stopping({ run: acceptedRun({ stopRequestedAt: T0 }) });
    expect(at(requested, T0 + POLICY.stopRetryMs - 1)).toEqual([DESCRIBE]);
    expect(at(requested, T0 + POLICY.stopRetryMs)).toEqual([STOP]);
  });

  it('returns none for a run whose task is in the stop settle period', () => {
    expect(due(stopping({ run: acceptedRun({ goneAfter: T0 + 1 }) }))).toEqual([]);
    expect(due(deleting({ run: acceptedRun({ goneAfter: T0 + 1 }) }))).toEqual([]);
  });

  it('returns none for an ending run for which nothing was sent', () => {
    expect(due(stopping({ run: preparingRun() }))).toEqual([]);
  });

  it('returns none for a stop with nothing left to end, in particular no deletion of the volume', () => {
    expect(due(stopping({ run: undefined }))).toEqual([]);
  });

  it('returns none for a stopped workbench without a host', () => {
    expect(due(stopped())).toEqual([]);
  });

  it('returns for a deletion the volume, and the record last', () => {
    expect(due(deleting())).toEqual([{ type: 'delete_volume' }]);
    expect(due(deleting({ volumeDeleted: true }))).toEqual([{ type: 'delete_record' }]);
  });

  it('returns a stop for unexpected tasks, except for those in the stop settle period', () => {
    const unexpectedTasks = [
      { taskId: 'task-7' },
      { taskId: 'task-8', stopRequestedAt: T0 },
      { taskId: 'task-9', goneAfter: T0 + 1 },
    ];
    expect(due(stopped({ unexpectedTasks }))).toEqual([
      { type: 'stop_task', taskId: 'task-7', reason: 'task does not belong to the current run' },
      { type: 'describe_task', taskId: 'task-8' },
    ]);
    expect(due(running({ unexpectedTasks })).at(-1)).toEqual(DESCRIBE);
  });

  it('returns none for a start or deletion while there is an unexpected task', () => {
    const unexpectedTasks = [{ taskId: 'task-9', goneAfter: T0 + 1 }];
    expect(due(starting({ mount: {}, unexpectedTasks }))).toEqual([]);
    expect(due(deleting({ unexpectedTasks }))).toEqual([]);
  });
});

describe('terminating the instance', () => {
  const silent = acceptedRun({ stopRequestedAt: T0, agentSilentSince: T0 });

  it('follows on a shared instance if its agent is silent for longer than the timeout', () => {
    const ending = stopping({ run: silent });
    expect(at(ending, T0 + POLICY.agentSilentTimeoutMs - 1)).toEqual([STOP]);
    expect(at(ending, T0 + POLICY.agentSilentTimeoutMs)).toEqual([
      STOP,
      { type: 'terminate_instance', taskId: 'task-1', forced: false },
    ]);
  });

  it('follows on a shared instance with a connected agent only if the stop is forced and overdue', () => {
    const run = acceptedRun({ stopRequestedAt: T0 });
    const late = stopping({ run, deadlineAt: T0 });
    expect(at(late, T0 + POLICY.agentSilentTimeoutMs).map(({ type }) => type)).not.toContain(
      'terminate_instance',
    );
    const forced = stopping({ run, deadlineAt: T0, forced: true });
    expect(at(forced, T0 + POLICY.stopRetryMs - 1)).toEqual([DESCRIBE]);
    expect(at(forced, T0 + POLICY.stopRetryMs)).toEqual([
      STOP,
      { type: 'terminate_instance', taskId: 'task-1', forced: true },
    ]);
  });

  it('does not follow for an unattended record', () => {
    const now = T0 + POLICY.agentSilentTimeoutMs;
    const ending = stopping({ run: silent, nextDriveAt: T0, updatedAt: T0 });
    expect(pendingEffects(ending, now, POLICY)).toEqual([STOP]);
    const own = stopping({ host: aHost(), run: silent, nextDriveAt: T0, updatedAt: T0 });
    expect(pendingEffects(own, now, POLICY).map(({ type }) => type)).toEqual(['stop_task', 'describe_host']);
  });

  it('follows for an unexpected task too, because it prevents starts and deletions', () => {
    const unexpectedTasks = [{ taskId: 'task-0', stopRequestedAt: T0, agentSilentSince: T0 }];
    const held = starting({ mount: {}, unexpectedTasks });
    expect(at(held, T0 + POLICY.agentSilentTimeoutMs - 1).map(({ type }) => type)).toEqual(['stop_task']);
    expect(at(held, T0 + POLICY.agentSilentTimeoutMs)).toContainEqual({
      type: 'terminate_instance',
      taskId: 'task-0',
      forced: false,
    });
  });

  it('follows for a host that does not stop although no task runs on it', () => {
    const host = aHost({ state: 'stopping', agentConnected: false });
    const stuck = stopping({ run: undefined, host, deadlineAt: T0 });
    expect(at(stuck, T0 + POLICY.agentSilentTimeoutMs - 1)).toMatchObject([{ type: 'describe_host' }]);
    expect(at(stuck, T0 + POLICY.agentSilentTimeoutMs)).toMatchObject([{ type: 'terminate_host' }]);
    expect(at({ ...stuck, forced: true }, T0 + POLICY.stopRetryMs)).toMatchObject([
      { type: 'terminate_host' },
    ]);
  });
});
