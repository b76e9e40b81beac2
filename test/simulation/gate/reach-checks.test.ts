import { describe, expect, it } from 'vitest';
import type { Pending } from '#core/workbench/workbench.ts';
import { acceptedRun, pending, running, stopping, T0 } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { GATE_SILENT_TIMEOUT_MS, ReachChecks } from './reach-checks.ts';

const run = acceptedRun({ taskId: 'task-1' });
const RUNS = running({ run });
const REASON = { code: 'gate_unreachable', message: 'The gate does not reach it.' } as const;

function waiting(fields: Partial<Pending> = {}): Pending {
  return pending({ run, gateSilentSince: T0, ...fields });
}

function checks(isAsked = true): ReachChecks {
  return new ReachChecks(new WorldFixture({ hazards: NO_HAZARDS }).world, isAsked);
}

describe('a workbench that is shown as running', () => {
  const NOT_REACHED = 'the gate has not reached task task-1';

  it('violates a rule if the gate has reached nothing, or another task', () => {
    const subject = checks();
    subject.noteReached('task-0');
    expect(() => subject.checkWrite(RUNS, waiting())).toThrow(NOT_REACHED);
    expect(() => subject.checkWrite(RUNS, pending({ run }))).toThrow(NOT_REACHED);
    subject.noteReached('task-1');
    subject.checkWrite(RUNS, waiting());
  });

  it('violates a rule before the gate has said nothing for the timeout', () => {
    const subject = checks();
    subject.noteResult('task-1', { kind: 'silent' }, T0 + GATE_SILENT_TIMEOUT_MS - 10_000);
    expect(() => subject.checkWrite(RUNS, waiting())).toThrow(NOT_REACHED);
    subject.noteResult('task-1', { kind: 'silent' }, T0 + GATE_SILENT_TIMEOUT_MS);
    subject.checkWrite(RUNS, waiting());
  });

  it('violates no rule if the silence of an earlier question becomes known last', () => {
    const subject = checks();
    subject.noteResult('task-1', { kind: 'silent' }, T0 + GATE_SILENT_TIMEOUT_MS);
    subject.noteResult('task-1', { kind: 'silent' }, T0 + GATE_SILENT_TIMEOUT_MS - 10_000);
    subject.checkWrite(RUNS, waiting());
  });

  it('violates no rule at the deadline of a start of which the gate has said nothing', () => {
    const subject = checks();
    const { deadlineAt } = waiting();
    const late = { gateSilentSince: deadlineAt - 1000 };
    subject.noteResult('task-1', { kind: 'silent' }, deadlineAt);
    subject.checkWrite(RUNS, waiting(late));
    expect(() => subject.checkWrite(RUNS, waiting({ ...late, detail: 'connection refused' }))).toThrow(
      NOT_REACHED,
    );
  });

  it('is not checked again while it runs, and not without a gate', () => {
    checks().checkWrite(RUNS, RUNS);
    checks(false).checkWrite(RUNS, pending({ run }));
  });
});

describe('a stop with gate_unreachable', () => {
  const stopped = stopping({ run, reason: REASON });

  it('violates a rule if the gate has said nothing', () => {
    const subject = checks();
    subject.noteResult('task-1', { kind: 'silent' }, T0);
    expect(() => subject.checkWrite(stopped, waiting())).toThrow('although the gate has not said so');
    subject.noteResult('task-1', { kind: 'unreachable', detail: 'connection refused' }, T0);
    subject.checkWrite(stopped, waiting());
  });

  it('violates a rule if the workbench ran', () => {
    const subject = checks();
    subject.noteResult('task-1', { kind: 'unreachable', detail: 'connection refused' }, T0);
    expect(() => subject.checkWrite(stopped, RUNS)).toThrow('while running');
  });
});

it('a start that fails with start_timeout although its task is ready violates a rule', () => {
  const timedOut = stopping({ run, reason: { code: 'start_timeout', message: 'Too late.' } });
  checks().checkWrite(timedOut, pending({ run }));
  expect(() => checks().checkWrite(timedOut, waiting())).toThrow('only the gate had to reach its task');
});
