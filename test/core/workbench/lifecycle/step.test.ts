import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import { INSTANCE_STATES } from '#core/ports/host-fleet.ts';
import { TASK_STATUSES } from '#core/ports/task-runner.ts';
import { backoffMs } from '#core/workbench/lifecycle/backoff.ts';
import { pendingEffects, runClientToken } from '#core/workbench/lifecycle/effects.ts';
import type { EffectResult, Input, Observation } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import {
  dueAt,
  isActive,
  isSettled,
  runOf,
  type Workbench,
  workbenchSchema,
} from '#core/workbench/workbench.ts';
import { aTaskInput, ID, RUN_ID, starting, T0, USER } from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);

const runIds = fc.constantFrom(RUN_ID, 'run-b', 'run-c');
const by = fc.constant('ada');
const reason = fc.record({ code: fc.constantFrom(...REASON_CODES), message: fc.string({ maxLength: 20 }) });
const instance = fc.record({
  instanceId: fc.constantFrom('i-1', 'i-2'),
  state: fc.constantFrom(...INSTANCE_STATES),
  agentConnected: fc.boolean(),
});
const task = fc.record(
  {
    taskId: fc.constantFrom('task-1', 'task-2', 'task-3'),
    userId: fc.constant(USER),
    workbenchId: fc.constant(ID),
    runId: runIds,
    attempt: fc.integer({ min: 1, max: 2 }),
    version: fc.integer({ min: 1, max: 9 }),
    status: fc.constantFrom(...TASK_STATUSES),
    host: fc.constantFrom('connected' as const, 'disconnected' as const, 'gone' as const),
    stop: fc.record({ code: fc.constantFrom('requested' as const, ...REASON_CODES), message: fc.string() }),
  },
  { requiredKeys: ['taskId', 'userId', 'workbenchId', 'runId', 'attempt', 'version', 'status'] },
);
const result: fc.Arbitrary<EffectResult> = fc.oneof(
  fc.record({ type: fc.constant('volume_ready' as const), mount: fc.constant({ path: '/v' }) }),
  fc.record({ type: fc.constant('volume_refused' as const), reason, retryable: fc.boolean() }),
  fc.constant({ type: 'volume_tombstoned' as const }),
  fc.record({ type: fc.constantFrom('volume_deletion_unfinished' as const, 'volume_deleted' as const) }),
  fc.record({
    type: fc.constant('run_placed' as const),
    runId: runIds,
    attempt: fc.integer({ min: 1, max: 2 }),
    placement: fc.constant({ kind: 'provider' as const, provider: 'small' }),
  }),
  fc.record({
    type: fc.constant('run_refused' as const),
    runId: runIds,
    attempt: fc.integer({ min: 1, max: 2 }),
    reason,
    retryable: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('task_stop_requested' as const),
    taskId: fc.constantFrom('task-1', 'task-2'),
  }),
  fc.record({
    type: fc.constant('host_accepted' as const),
    generation: fc.constantFrom(1, 2),
    host: instance,
  }),
  fc.record({
    type: fc.constant('host_refused' as const),
    generation: fc.constantFrom(1, 2),
    reason,
    retryable: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom('host_stop_requested' as const, 'host_termination_requested' as const),
    instanceId: fc.constantFrom('i-1', 'i-2'),
  }),
  fc.record({
    type: fc.constant('effect_failed' as const),
    effect: fc.constant('run_task' as const),
    kind: fc.constantFrom('throttled' as const, 'no_space' as const, 'unavailable' as const),
  }),
  fc.record({ type: fc.constant('task_observed' as const), task }),
  fc.record({ type: fc.constant('task_missing' as const), taskId: fc.constantFrom('task-1', 'task-2') }),
  fc.record({ type: fc.constantFrom('host_observed' as const, 'host_hint' as const), host: instance }),
) as fc.Arbitrary<EffectResult>;
const observation = result.filter(
  (one) => one.type === 'task_observed' || one.type === 'host_observed' || one.type === 'task_missing',
) as fc.Arbitrary<Observation>;
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ type: fc.constant('start' as const), runId: runIds, by }),
  fc.record({ type: fc.constant('stop' as const), by }),
  fc.record({ type: fc.constant('restart' as const), observedRunId: runIds, runId: runIds, by }),
  fc.record({ type: fc.constant('delete' as const), by }),
  fc.record({ type: fc.constant('update' as const), changes: fc.record({ name: fc.string() }), by }),
  fc.record({ type: fc.constant('tick' as const) }),
  fc.record({ type: fc.constant('history_written' as const), through: fc.integer({ min: 0, max: 50 }) }),
  fc.record({
    type: fc.constant('outcomes' as const),
    revision: fc.integer({ min: 0, max: 30 }),
    outcomes: fc.array(result, { maxLength: 3 }),
  }),
  observation,
  fc.record({ type: fc.constant('swept' as const), observation }),
  fc.constant<Input>({ type: 'history_noted', entryType: 'orphan_host_terminated' }),
);
const inputSequence = fc.array(fc.record({ input, wait: fc.integer({ min: 0, max: 700_000 }) }), {
  maxLength: 40,
});
const first = fc.constantFrom<Workbench>(
  starting(),
  starting({ spec: { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' } }),
);

/** Executes the inputs and calls `each` with every step that the status allows. */
function applyInput(
  begin: Workbench,
  steps: readonly { input: Input; wait: number }[],
  each: (before: Workbench, after: Workbench, input: Input, now: number) => void,
): void {
  let workbench = begin;
  let now = T0;
  for (const { input, wait } of steps) {
    now += wait;
    try {
      const after = step(workbench, input, now).workbench;
      each(workbench, after, input, now);
      workbench = after;
    } catch (error) {
      if (!(error instanceof WorkbenchError)) throw error;
      expect(['deleting', 'not_stopped']).toContain(error.code);
    }
  }
}

describe('the life cycle, for any inputs in any order', () => {
  it('always produces a record that can be parsed', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (_, after) => {
          expect(workbenchSchema.safeParse(after).error).toBeUndefined();
        });
      }),
    );
  });

  it('always makes an unsettled record due, and never a settled one', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (before, after) => {
          if (after === before) return;
          if (!isSettled(after)) expect(dueAt(after)).toBeDefined();
          if (after.status === 'stopped' && isSettled(after)) expect(runOf(after)).toBeUndefined();
          expect(isActive(after) || isSettled(after)).toBe(true);
        });
      }),
    );
  });

  it('increments the revision with each change, and changes nothing without it', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (before, after) => {
          expect(after.revision).toBe(after === before ? before.revision : before.revision + 1);
        });
      }),
    );
  });

  it('numbers the history without gaps and records each change of status once', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (before, after) => {
          if (after.status === before.status) return;
          const entry = after.outbox.at(-1);
          expect(entry).toMatchObject({ seq: before.historySeq + 1, from: before.status, to: after.status });
        });
      }),
    );
  });

  it('never starts a task and never deletes files while a run or an unexpected task may live', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (_, after, __, now) => {
          const effects = pendingEffects(after, now, DEFAULT_POLICY);
          for (const effect of effects) {
            if (effect.type === 'delete_volume' || effect.type === 'delete_record') {
              expect([runOf(after), after.unexpectedTasks, after.host]).toEqual([undefined, [], undefined]);
              // The function that deletes files has the ports of no other effect.
              expect(effects).toHaveLength(1);
            }
            if (effect.type === 'run_task' && after.status === 'starting')
              expect(after.unexpectedTasks).toEqual([]);
          }
        });
      }),
    );
  });

  it('leaves deleting only by deleting the record', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (before, after) => {
          if (before.status === 'deleting') expect(after.status).toBe('deleting');
        });
      }),
    );
  });

  it('drops no task without proof that it is gone', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (before, after, input) => {
          const run = runOf(before);
          if (run?.phase !== 'issued' || runOf(after) !== undefined) return;
          // Only a refusal, or an observation of its task, may end an issued run.
          expect(input.type === 'outcomes' || input.type === 'task_observed').toBe(true);
        });
      }),
    );
  });

  it('reports for every transition what it waits for, with a term of the contract or a detail of the task', () => {
    fc.assert(
      fc.property(first, inputSequence, (begin, steps) => {
        applyInput(begin, steps, (_, after) => {
          const detail = statusDetail(after);
          if (after.status === 'stopped' || after.status === 'running') expect(detail).toBeUndefined();
          if (after.status === 'starting' || after.status === 'stopping' || after.status === 'deleting') {
            const terms = ['queued', 'no_space', 'volume', 'host', 'capacity', 'run', 'instance_unreachable'];
            expect(terms).toContain(detail);
          }
        });
      }),
    );
  });
});

describe('client tokens', () => {
  it('have at most 64 visible ASCII characters, as ECS requires', () => {
    const token = runClientToken(aTaskInput({ attempt: 9999 }));
    expect(token).toMatch(/^[!-~]{1,64}$/);
  });
});

describe('the backoff', () => {
  it('grows to a minute, is at least half of its step, and differs between workbenches', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (id, failures) => {
        const wait = backoffMs(id, failures);
        const whole = Math.min(60_000, 1000 * 2 ** Math.min(failures - 1, 16));
        expect(wait).toBeGreaterThanOrEqual(Math.floor(whole / 2));
        expect(wait).toBeLessThanOrEqual(whole);
      }),
    );
    expect(new Set(['a', 'b', 'c', 'd'].map((id) => backoffMs(id, 8))).size).toBeGreaterThan(1);
  });
});
