import { describe, expect, it } from 'vitest';
import type { GateProbeResult } from '#core/ports/gate-probe.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { EffectResult } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle, type Step } from '#core/workbench/lifecycle/step.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { dueAt, type Pending, type Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  ID,
  issuedRun,
  MINUTE,
  pending,
  provisioning,
  RUN_ID,
  running,
  starting,
  stopping,
  T0,
  USER,
} from '#test/builders/workbench.ts';

const SECOND = 1000;
const POLICY = { ...DEFAULT_POLICY, gateSilentTimeoutMs: MINUTE };
const step = lifecycle(POLICY);
const POLL = POLICY.pollIntervalMs;

function aTask(fields: Partial<TaskObservation> = {}): TaskObservation {
  return {
    taskId: 'task-1',
    userId: USER,
    workbenchId: ID,
    runId: RUN_ID,
    attempt: 1,
    version: 9,
    status: 'running',
    instance: 'connected',
    ...fields,
  };
}

function observe(workbench: Workbench, fields: Partial<TaskObservation> = {}, now = T0): Step {
  return step(workbench, { type: 'task_observed', task: aTask(fields) }, now);
}

/** A start whose task is ready since T0 and that waits for the gate. */
function waiting(fields: Partial<Pending> = {}): Pending {
  return pending({
    run: acceptedRun({ taskVersion: 9, endpoint: 'http://10.0.0.9:8080' }),
    gateSilentSince: T0,
    nextDriveAt: T0,
    ...fields,
  });
}

/** Applies the result of a probe that was asked for at `now`. */
function probed(workbench: Workbench, probe: GateProbeResult, now = T0, fields = {}): Workbench {
  const outcome: EffectResult = { type: 'gate_probed', taskId: 'task-1', probe, askedAt: now, ...fields };
  const { revision } = workbench;
  const attended = { ...workbench, updatedAt: now };
  return step(attended, { type: 'outcomes', revision, outcomes: [outcome] }, now).workbench;
}

function tick(workbench: Workbench, now: number): Step {
  return step({ ...workbench, updatedAt: now }, { type: 'tick' }, now);
}

const REFUSED: GateProbeResult = { kind: 'unreachable', detail: 'connection refused' };
const SILENT: GateProbeResult = { kind: 'silent' };

describe('a start whose task is ready', () => {
  it.each([
    ['starting', starting({ run: issuedRun(), mount: {} })],
    ['provisioning', provisioning()],
    ['pending', pending()],
  ])('while it is %s is pending until the gate reaches it, and the gate is asked at once', (_, before) => {
    const { workbench, effects } = observe(before);
    expect(workbench).toMatchObject({ status: 'pending', gateSilentSince: T0, nextDriveAt: T0 });
    expect(effects).toEqual([
      { type: 'describe_task', taskId: 'task-1' },
      { type: 'probe_gate', taskId: 'task-1' },
    ]);
    expect(statusDetail(workbench)).toBe('gate');
    expect(workbench).not.toHaveProperty('readyAt');
  });

  it('runs at once if there is no gate', () => {
    const { workbench } = lifecycle(DEFAULT_POLICY)(pending(), { type: 'task_observed', task: aTask() }, T0);
    expect(workbench.status).toBe('running');
  });

  it('keeps its deadline, and the time of the failed starts before', () => {
    const before = pending({ failedStarts: 2, detail: 'PULLING' });
    const { workbench } = observe(before);
    expect(workbench).toMatchObject({ deadlineAt: before.deadlineAt, failedStarts: 2 });
    expect(workbench).not.toHaveProperty('detail');
  });

  it('waits for its task again if the task is no longer ready', () => {
    const { workbench, effects } = observe(waiting(), { version: 10, status: 'pending' });
    expect(workbench).not.toHaveProperty('gateSilentSince');
    expect(effects).not.toContainEqual(expect.objectContaining({ type: 'probe_gate' }));
  });

  it('is retried like any other if its task ends before', () => {
    const { workbench } = observe(waiting(), { version: 10, status: 'stopped' });
    expect(workbench).toMatchObject({ status: 'stopping', desired: 'running' });
  });

  it('runs at the next poll if the installation no longer has a gate', () => {
    const { effects } = lifecycle(DEFAULT_POLICY)(waiting(), { type: 'tick' }, T0);
    expect(effects).toEqual([{ type: 'describe_task', taskId: 'task-1' }]);
    const task = aTask({ version: 10 });
    const { workbench } = lifecycle(DEFAULT_POLICY)(waiting(), { type: 'task_observed', task }, T0);
    expect(workbench.status).toBe('running');
  });

  it('is not changed by the same observation again', () => {
    const before = observe(pending()).workbench;
    expect(observe(before).workbench).toBe(before);
  });
});

describe('a start that waits for the gate', () => {
  it('runs once the gate reaches it, and is settled', () => {
    const after = probed(waiting(), { kind: 'reachable' }, T0 + SECOND);
    expect(after).toMatchObject({ status: 'running', readyAt: T0 + SECOND, lastStartMs: SECOND });
    expect(after).not.toHaveProperty('nextDriveAt');
    expect(after.outbox.map(({ type, to }) => [type, to])).toEqual([['status_changed', 'running']]);
  });

  it('runs with a note in its history if the gate cannot be asked', () => {
    const after = probed(waiting(), { kind: 'unsupported' });
    expect(after).toMatchObject({ status: 'running', outbox: [{ type: 'gate_silent', to: 'running' }] });
  });

  it('says why the gate does not reach it, and asks again at the next poll', () => {
    const after = probed(waiting(), REFUSED, T0 + SECOND);
    expect(after).toMatchObject({ status: 'pending', nextDriveAt: T0 + SECOND + POLL });
    expect(statusDetail(after)).toBe('the gate cannot reach it: connection refused');
    const again = tick(after, T0 + SECOND + POLL);
    expect(again.effects).toContainEqual({ type: 'probe_gate', taskId: 'task-1' });
    expect(probed(again.workbench, { kind: 'reachable' }, T0 + SECOND + POLL).status).toBe('running');
  });

  it('runs with a note in its history after the gate has not responded for the timeout', () => {
    const before = probed(waiting(), SILENT, T0 + MINUTE - 1);
    expect(before).toMatchObject({ status: 'pending', gateSilentSince: T0 });
    expect(statusDetail(before)).toBe('gate');
    const after = probed(before, SILENT, T0 + MINUTE);
    expect(after).toMatchObject({ status: 'running', outbox: [{ type: 'gate_silent', to: 'running' }] });
  });

  it('counts the silence from the last response of the gate', () => {
    const refused = probed(waiting(), REFUSED, T0 + 50 * SECOND);
    expect(probed(refused, SILENT, T0 + MINUTE).status).toBe('pending');
    expect(probed(refused, SILENT, T0 + 110 * SECOND).status).toBe('running');
  });

  it('counts the silence until the question, if the function was frozen after it', () => {
    const after = probed(waiting(), SILENT, T0 + 5 * MINUTE, { askedAt: T0 + SECOND });
    expect(after.status).toBe('pending');
    const future = probed(waiting(), SILENT, T0 + SECOND, { askedAt: T0 + 5 * MINUTE });
    expect(future.status).toBe('pending');
  });

  it('ignores what the gate says of an earlier task', () => {
    const earlier = { taskId: 'task-0' };
    expect(probed(waiting(), { kind: 'reachable' }, T0, earlier).status).toBe('pending');
    const after = probed(waiting(), REFUSED, T0, earlier);
    expect(statusDetail(after)).toBe('gate');
  });

  it.each([
    ['runs', running()],
    ['is being stopped', stopping()],
    ['has no ready task', pending()],
  ])('changes nothing if the workbench %s meanwhile', (_, workbench) => {
    expect(probed(workbench, { kind: 'reachable' }).status).toBe(workbench.status);
    expect(probed(workbench, REFUSED)).not.toHaveProperty('detail');
  });

  it('keeps the detail within the space of the record', () => {
    const after = probed(waiting(), { kind: 'unreachable', detail: 'ä'.repeat(1000) });
    expect(Buffer.byteLength((after as Pending).detail ?? '')).toBeLessThanOrEqual(200);
  });
});

describe('the deadline of a start that waits for the gate', () => {
  const { deadlineAt } = waiting();

  it('ends it with what the gate has said, and without a retry', () => {
    const refused = probed(waiting(), REFUSED, deadlineAt - SECOND);
    const { workbench } = tick(refused, deadlineAt);
    expect(workbench).toMatchObject({
      status: 'stopping',
      desired: 'stopped',
      reason: {
        code: 'gate_unreachable',
        message:
          'The workbench became ready, but the gate could not reach it. Last seen: connection refused. Start it again; if it fails again, tell the operator.',
      },
    });
    expect(workbench).not.toHaveProperty('nextRun');
  });

  it('does not end it if the gate has said nothing: it is asked once more, and its silence lets the workbench run', () => {
    const unasked = waiting({ gateSilentSince: deadlineAt - SECOND, nextDriveAt: deadlineAt + SECOND });
    const { workbench, effects } = tick(unasked, deadlineAt);
    expect(workbench.status).toBe('pending');
    expect(effects).toContainEqual({ type: 'probe_gate', taskId: 'task-1' });
    expect(probed(workbench, SILENT, deadlineAt)).toMatchObject({
      status: 'running',
      outbox: [{ type: 'gate_silent' }],
    });
  });

  it('ends it if the gate then says that it does not reach the workbench', () => {
    const refused = probed(waiting({ gateSilentSince: deadlineAt - SECOND }), REFUSED, deadlineAt);
    expect(dueAt(refused)).toBeLessThanOrEqual(deadlineAt);
    expect(tick(refused, deadlineAt).workbench).toMatchObject({ reason: { code: 'gate_unreachable' } });
  });
});

it('what the gate says of a running workbench does not stop it, and the gate is not asked again', () => {
  const workbench = running({ nextDriveAt: T0 });
  expect(tick(workbench, T0).effects).not.toContainEqual(expect.objectContaining({ type: 'probe_gate' }));
  for (const probe of [REFUSED, SILENT]) expect(probed(workbench, probe).status).toBe('running');
});
