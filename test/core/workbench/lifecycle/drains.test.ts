import { describe, expect, it } from 'vitest';
import type { Interruption } from '#core/workbench/interruption.ts';
import type { DrainedMachine, Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, isSettled, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  aTaskInput,
  deleting,
  issuedRun,
  pending,
  preparingRun,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const UNTIL = T0 + 3_600_000;
const ON_TASK: DrainedMachine = { kind: 'task', taskId: 'task-1' };
const HOST_ID = aHost().instanceId ?? '';
const ON_HOST: DrainedMachine = { kind: 'host', instanceId: HOST_ID };
const notice = (on: DrainedMachine, until?: number) =>
  ({ type: 'drain_noticed', on, ...(until === undefined ? {} : { until }) }) as const;
const apply = (workbench: Workbench, input: Input, now = T0) => step(workbench, input, now).workbench;
const drainedRun = (fields: Partial<Interruption> = {}) =>
  acceptedRun({ interruption: { kind: 'drain', ...fields } });

describe('a workbench on a machine that an operator empties', () => {
  it.each([
    ['running', running({ run: acceptedRun() })],
    ['pending', pending({ run: acceptedRun() })],
    ['provisioning', provisioning({ run: acceptedRun() })],
  ])('knows it and its time: %s', (_, workbench) => {
    const after = apply(workbench, notice(ON_TASK, UNTIL));
    expect(after).toMatchObject({ run: { interruption: { kind: 'drain', until: UNTIL } } });
    expect(after.outbox).toMatchObject([{ type: 'drain_announced' }]);
    expect(apply(after, notice(ON_TASK, UNTIL))).toBe(after);
  });

  it.each([
    ['of another task', running({ run: acceptedRun({ taskId: 'other' }) })],
    ['stopping', stopping({ run: acceptedRun() })],
    ['stopped', stopped()],
    ['starting', starting()],
  ])('does not change if it is %s', (_, workbench) => {
    expect(apply(workbench, notice(ON_TASK, UNTIL))).toBe(workbench);
  });

  it('runs until its time, and is stopped then with the reason', () => {
    const workbench = running({ run: drainedRun({ until: UNTIL }) });
    expect(dueAt(workbench)).toBe(UNTIL);
    expect(apply(workbench, { type: 'tick' }, UNTIL - 1)).toBe(workbench);
    const after = apply(workbench, { type: 'tick' }, UNTIL);
    expect(after).toMatchObject({
      status: 'stopping',
      desired: 'stopped',
      reason: { code: 'machine_drained' },
    });
  });

  it('is stopped at the time of day although the clock was set back in between', () => {
    const workbench = running({ run: drainedRun({ until: UNTIL }), updatedAt: T0 + 7_200_000 });
    const after = apply(workbench, { type: 'tick' }, UNTIL - 1000);
    expect(after.status).toBe('running');
    expect(apply(workbench, { type: 'tick' }, UNTIL)).toMatchObject({ status: 'stopping' });
  });

  it('starts again if its owner asked for it', () => {
    const spec = { ...running().spec, onInterruption: 'restart' as const };
    const workbench = running({ run: drainedRun({ until: UNTIL }), readyAt: T0, spec });
    expect(apply(workbench, { type: 'tick' }, UNTIL)).toMatchObject({ desired: 'running', nextRun: {} });
  });

  it('runs on without a time', () => {
    const workbench = running({ run: drainedRun() });
    expect(dueAt(workbench)).toBeUndefined();
    expect(isSettled(workbench)).toBe(true);
  });

  it('prefers the warning of AWS, and ignores that ECS drains the instance', () => {
    const spot = running({ run: acceptedRun({ interruption: { kind: 'spot', stopAt: T0 } }) });
    expect(apply(spot, notice(ON_TASK, UNTIL))).toBe(spot);
    const drained = running({ run: drainedRun({ until: UNTIL }) });
    const draining = { type: 'interruption_noticed', taskId: 'task-1', kind: 'draining', at: T0 } as const;
    expect(apply(drained, draining)).toBe(drained);
    expect(apply(drained, { ...draining, kind: 'spot' })).toMatchObject({
      run: { interruption: { kind: 'spot' } },
    });
  });

  it('drops a notice that a sweep derived from an older revision', () => {
    const workbench = running({ run: acceptedRun(), revision: 7 });
    expect(apply(workbench, { ...notice(ON_TASK, UNTIL), asOfRevision: 6 })).toBe(workbench);
    const ended = { type: 'drain_ended', on: ON_TASK, asOfRevision: 6 } as const;
    const drained = running({ run: drainedRun(), revision: 7 });
    expect(apply(drained, ended)).toBe(drained);
    expect(apply(drained, { ...ended, asOfRevision: 7 })).toMatchObject({
      outbox: [{ type: 'drain_cancelled' }],
    });
  });
});

describe('a host that an operator empties', () => {
  const drained = aHost({ drained: true });

  it('is terminated instead of stopped, after the run', () => {
    const workbench = stopping({ host: drained });
    const { run: _gone, ...withoutRun } = workbench;
    expect(step(withoutRun as Workbench, { type: 'tick' }, T0).effects).toEqual([
      { type: 'terminate_host', instanceId: HOST_ID },
    ]);
  });

  it('of a stopped workbench is terminated', () => {
    const after = apply(stopped({ host: aHost({ state: 'stopped' }) }), notice(ON_HOST));
    expect(isSettled(after)).toBe(false);
    expect(after.outbox).toMatchObject([{ type: 'drain_announced' }]);
    expect(step(after, { type: 'tick' }, T0).effects).toEqual([
      { type: 'terminate_host', instanceId: HOST_ID },
    ]);
  });

  it('takes no run: it is replaced before the run is placed', () => {
    const workbench = starting({ host: drained, mount: { path: 'x' }, run: preparingRun() });
    expect(step(workbench, { type: 'tick' }, T0).effects).toEqual([
      { type: 'terminate_host', instanceId: HOST_ID },
    ]);
    const placed = {
      type: 'run_placed',
      runId: workbench.run.runId,
      attempt: 1,
      placement: { kind: 'host', instanceId: HOST_ID },
    } as const;
    const outcomes = { type: 'outcomes', revision: 0, outcomes: [placed] } as const;
    expect(apply(workbench, outcomes)).toMatchObject({ run: { phase: 'preparing' } });
  });

  it('finishes a run that was issued before, because its task may exist', () => {
    const run = issuedRun({ input: aTaskInput({ placement: { kind: 'host', instanceId: HOST_ID } }) });
    const workbench = starting({ host: drained, mount: { path: 'x' }, run });
    expect(step(workbench, { type: 'tick' }, T0).effects).toMatchObject([{ type: 'run_task' }]);
  });

  it('that ends during a start is followed by another launch, which does not count as failed', () => {
    const { cpuUnits: _none, ...fresh } = drained;
    const workbench = starting({ host: fresh, mount: { path: 'x' }, run: preparingRun() });
    const host = { instanceId: HOST_ID, state: 'terminated', agentConnected: false } as const;
    const after = apply(workbench, { type: 'host_observed', host });
    expect(after.host).toEqual({
      instanceType: 'm7i.large',
      generation: 2,
      state: 'requested',
      agentConnected: false,
    });
  });

  it('of a workbench that is deleted, or another host, changes nothing', () => {
    const gone = deleting({ host: aHost() });
    expect(apply(gone, notice(ON_HOST))).toBe(gone);
    const other = running({ host: aHost({ instanceId: 'i-other' }) });
    expect(apply(other, notice(ON_HOST))).toBe(other);
  });
});
