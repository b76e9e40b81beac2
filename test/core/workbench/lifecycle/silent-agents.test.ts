import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  ID,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);

function observe(workbench: Workbench, host: 'connected' | 'disconnected', now = T0): Workbench {
  const task: TaskObservation = {
    taskId: 'task-1',
    userId: USER,
    workbenchId: ID,
    runId: RUN_ID,
    attempt: 1,
    version: 9,
    status: 'running',
    instance: host,
  };
  return step(workbench, { type: 'task_observed', task }, now).workbench;
}

/** The pending effects of a record that was written a moment ago. */
function effectsAt(workbench: Workbench, now: number): readonly string[] {
  return step({ ...workbench, nextDriveAt: now, updatedAt: now }, { type: 'tick' }, now).effects.map(
    ({ type }) => type,
  );
}

describe('a silent agent', () => {
  it('is polled until it is connected again, and a short silence has no consequence', () => {
    const silent = observe(running(), 'disconnected');
    expect(silent).toMatchObject({ status: 'running', run: { agentSilentSince: T0 } });
    expect(dueAt(silent)).toBeDefined();
    const still = observe(silent, 'disconnected', T0 + 60_000);
    expect(still).toMatchObject({ run: { agentSilentSince: T0 } });
    expect(observe(still, 'connected', T0 + 120_000)).not.toHaveProperty('run.agentSilentSince');
  });

  it('for longer than the timeout ends the run, and the instance is terminated', () => {
    const silent = observe(running(), 'disconnected');
    const now = T0 + POLICY.agentSilentTimeoutMs;
    expect(step(silent, { type: 'tick' }, now - 1).workbench.status).toBe('running');
    const lost = step({ ...silent, updatedAt: now }, { type: 'tick' }, now).workbench;
    expect(lost).toMatchObject({ status: 'stopping', desired: 'stopped', reason: { code: 'instance_lost' } });
    expect(effectsAt(lost, now)).toEqual(['stop_task', 'terminate_instance']);
  });

  it('of an unattended record is polled first, because it may be connected again', () => {
    const silent = observe(running(), 'disconnected');
    const now = T0 + POLICY.agentSilentTimeoutMs;
    const after = step(silent, { type: 'tick' }, now);
    expect(after.workbench.status).toBe('running');
    expect(after.effects).toEqual([{ type: 'describe_task', taskId: 'task-1' }]);
  });

  it('delays a stop, and the instance is terminated only after the timeout', () => {
    const silent = observe(stopping(), 'disconnected');
    expect(effectsAt(silent, T0 + POLICY.agentSilentTimeoutMs - 1)).not.toContain('terminate_instance');
    expect(effectsAt(silent, T0 + POLICY.agentSilentTimeoutMs)).toContain('terminate_instance');
  });

  it('that is connected again prevents the termination, because other tasks may run on the instance', () => {
    expect(effectsAt(stopping(), T0 + 24 * 60 * 60_000)).not.toContain('terminate_instance');
  });
});

describe('a forced stop', () => {
  const force = { type: 'stop', by: 'ops', force: true } as const;

  it('of a running workbench begins as a normal stop and terminates the instance if that has no effect', () => {
    const forced = step(running(), force, T0).workbench;
    expect(forced).toMatchObject({ status: 'stopping', forced: true });
    expect(effectsAt(forced, T0)).toEqual(['stop_task']);
    expect(effectsAt(forced, T0 + POLICY.stopRetryMs)).toContain('terminate_instance');
  });

  it('of a workbench that is stopping or being deleted shortens its waits', () => {
    for (const workbench of [stopping(), deleting({ run: acceptedRun() })]) {
      expect(effectsAt(workbench, T0 + POLICY.stopRetryMs)).not.toContain('terminate_instance');
      const forced = step(workbench, force, T0).workbench;
      expect(forced).toMatchObject({ status: workbench.status, forced: true, deadlineAt: T0 });
      expect(effectsAt(forced, T0 + POLICY.stopRetryMs)).toContain('terminate_instance');
      expect(step(forced, force, T0 + 1).workbench).toBe(forced);
    }
  });

  it('of a workbench with a host terminates the host', () => {
    const forced = step(running({ host: aHost() }), force, T0).workbench;
    expect(effectsAt(forced, T0 + POLICY.stopRetryMs)).toContain('terminate_host');
  });

  it('never assumes an end: the status is stopping until the task is gone', () => {
    const forced = step(running(), force, T0).workbench;
    expect(step(forced, { type: 'tick' }, T0 + 24 * 60 * 60_000).workbench.status).toBe('stopping');
  });

  it('with nothing to shorten is a normal stop', () => {
    expect(step(stopped(), force, T0).workbench).toEqual(stopped());
    expect(step(starting(), force, T0).workbench.status).toBe('stopped');
  });

  it('of a workbench that only waits for its host terminates the host', () => {
    const hostStopping = stopping({
      run: undefined,
      host: aHost({ state: 'stopping', agentConnected: false }),
    });
    const forced = step(hostStopping, force, T0).workbench;
    expect(forced).toMatchObject({ forced: true, deadlineAt: T0 });
    expect(effectsAt(forced, T0 + POLICY.stopRetryMs)).toContain('terminate_host');
  });
});
