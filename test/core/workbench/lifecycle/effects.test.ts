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
/** What is owed to one that was looked at a moment ago. */
const at = (workbench: Workbench, now: number) =>
  pendingEffects({ ...workbench, nextDriveAt: now, updatedAt: now }, now, POLICY);
const due = (workbench: Workbench) => at(workbench, T0);

const RUN_TASK = { type: 'run_task', input: aTaskInput(), token: `${ID}/${RUN_ID}/1` };
const STOP = { type: 'stop_task', taskId: 'task-1', why: 'not wanted any more' };
const LOOK = { type: 'describe_task', taskId: 'task-1' };

describe('what is owed', () => {
  it('is nothing to what is at rest, however much time passes', () => {
    expect(pendingEffects(running(), T0 + 365 * 24 * 60 * MINUTE, POLICY)).toEqual([]);
  });

  it('is nothing before the time of the next look', () => {
    expect(pendingEffects(starting({ nextDriveAt: T0 + 1 }), T0, POLICY)).toEqual([]);
    expect(pendingEffects(starting({ nextDriveAt: T0 + 1 }), T0 + 1, POLICY)).toEqual([
      { type: 'ensure_volume' },
    ]);
  });

  it('to a start is its volume, then a place, then its task', () => {
    expect(due(starting())).toEqual([{ type: 'ensure_volume' }]);
    expect(due(starting({ mount: {} }))).toEqual([{ type: 'place_run', runId: RUN_ID, attempt: 1 }]);
    expect(due(starting({ mount: {}, run: issuedRun() }))).toEqual([RUN_TASK]);
  });

  it('to a task that is on its way, or runs and is looked at, is a look', () => {
    for (const workbench of [provisioning(), pending(), running()]) expect(due(workbench)).toEqual([LOOK]);
  });

  it('to an issued run that is wanted no longer is the same call again', () => {
    expect(due(stopping({ run: issuedRun() }))).toEqual([RUN_TASK]);
    expect(due(deleting({ run: issuedRun() }))).toEqual([RUN_TASK]);
  });

  it('to a run that is wanted no longer is its stop, again after a while, and a look in between', () => {
    expect(due(stopping())).toEqual([STOP]);
    const asked = stopping({ run: acceptedRun({ stopRequestedAt: T0 }) });
    expect(at(asked, T0 + POLICY.stopRetryMs - 1)).toEqual([LOOK]);
    expect(at(asked, T0 + POLICY.stopRetryMs)).toEqual([STOP]);
  });

  it('to a run whose task has stopped is to wait for its fence', () => {
    expect(due(stopping({ run: acceptedRun({ goneAfter: T0 + 1 }) }))).toEqual([]);
    expect(due(deleting({ run: acceptedRun({ goneAfter: T0 + 1 }) }))).toEqual([]);
  });

  it('to a run of which nothing was sent is nothing', () => {
    expect(due(stopping({ run: preparingRun() }))).toEqual([]);
  });

  it('to a stop with nothing left to end is nothing: above all no wipe', () => {
    expect(due(stopping({ run: undefined }))).toEqual([]);
  });

  it('to what is stopped and has no machine is nothing', () => {
    expect(due(stopped())).toEqual([]);
  });

  it('to a destroy is the wipe of the volume, and the record last', () => {
    expect(due(deleting())).toEqual([{ type: 'delete_volume' }]);
    expect(due(deleting({ volumeDeleted: true }))).toEqual([{ type: 'delete_record' }]);
  });

  it('to unexpectedTasks is their stop, but not to those that have only their fence before them', () => {
    const unexpectedTasks = [
      { taskId: 'task-7' },
      { taskId: 'task-8', stopRequestedAt: T0 },
      { taskId: 'task-9', goneAfter: T0 + 1 },
    ];
    expect(due(stopped({ unexpectedTasks }))).toEqual([
      { type: 'stop_task', taskId: 'task-7', why: 'not the current run' },
      { type: 'describe_task', taskId: 'task-8' },
    ]);
    expect(due(running({ unexpectedTasks })).at(-1)).toEqual(LOOK);
  });

  it('to a start or a destroy beside an unexpected task is to wait for the unexpected task', () => {
    const unexpectedTasks = [{ taskId: 'task-9', goneAfter: T0 + 1 }];
    expect(due(starting({ mount: {}, unexpectedTasks }))).toEqual([]);
    expect(due(deleting({ unexpectedTasks }))).toEqual([]);
  });
});

describe('the last means', () => {
  const silent = acceptedRun({ stopRequestedAt: T0, agentSilentSince: T0 });

  it('on a shared machine is used when it has been silent for long', () => {
    const ending = stopping({ run: silent });
    expect(at(ending, T0 + POLICY.agentSilentTimeoutMs - 1)).toEqual([STOP]);
    expect(at(ending, T0 + POLICY.agentSilentTimeoutMs)).toEqual([
      STOP,
      { type: 'terminate_instance', taskId: 'task-1', forced: false },
    ]);
  });

  it('on a shared machine whose agent answers is used only when it is forced and overdue', () => {
    const run = acceptedRun({ stopRequestedAt: T0 });
    const late = stopping({ run, deadlineAt: T0 });
    expect(at(late, T0 + POLICY.agentSilentTimeoutMs).map(({ type }) => type)).not.toContain(
      'terminate_instance',
    );
    const forced = stopping({ run, deadlineAt: T0, forced: true });
    expect(at(forced, T0 + POLICY.stopRetryMs - 1)).toEqual([LOOK]);
    expect(at(forced, T0 + POLICY.stopRetryMs)).toEqual([
      STOP,
      { type: 'terminate_instance', taskId: 'task-1', forced: true },
    ]);
  });

  it('is not used on what nobody has looked at for long', () => {
    const now = T0 + POLICY.agentSilentTimeoutMs;
    const ending = stopping({ run: silent, nextDriveAt: T0, updatedAt: T0 });
    expect(pendingEffects(ending, now, POLICY)).toEqual([STOP]);
    const own = stopping({ host: aHost(), run: silent, nextDriveAt: T0, updatedAt: T0 });
    expect(pendingEffects(own, now, POLICY).map(({ type }) => type)).toEqual(['stop_task', 'describe_host']);
  });

  it('is used for a task of another run as well, which nothing may be started or wiped beside', () => {
    const unexpectedTasks = [{ taskId: 'task-0', stopRequestedAt: T0, agentSilentSince: T0 }];
    const held = starting({ mount: {}, unexpectedTasks });
    expect(at(held, T0 + POLICY.agentSilentTimeoutMs - 1).map(({ type }) => type)).toEqual(['stop_task']);
    expect(at(held, T0 + POLICY.agentSilentTimeoutMs)).toContainEqual({
      type: 'terminate_instance',
      taskId: 'task-0',
      forced: false,
    });
  });

  it('ends a machine that does not stop though nothing runs on it', () => {
    const host = aHost({ state: 'stopping', agentConnected: false });
    const stuck = stopping({ run: undefined, host, deadlineAt: T0 });
    expect(at(stuck, T0 + POLICY.agentSilentTimeoutMs - 1)).toMatchObject([{ type: 'describe_host' }]);
    expect(at(stuck, T0 + POLICY.agentSilentTimeoutMs)).toMatchObject([{ type: 'terminate_host' }]);
    expect(at({ ...stuck, forced: true }, T0 + POLICY.stopRetryMs)).toMatchObject([
      { type: 'terminate_host' },
    ]);
  });
});
