import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId } from '#contract/parameters.ts';
import { TASK_STATUSES, type TaskObservation } from '#core/ports/task-runner.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import { readTaskEvent } from '#functions/events/read-task-event.ts';
import { toTaskStateChangeEvent } from '#local/task-event.ts';

const id = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-hjkmnp-tv-z]{${length}}$`));
const message = fc.oneof(
  fc.string({ maxLength: 500 }),
  fc
    .tuple(
      fc.constantFrom('Host EC2 (instance ', 'OutOfMemoryError: ', 'RESOURCE:', 'XError: ', 'AGENT'),
      fc.string({ maxLength: 400 }),
    )
    .map((parts) => parts.join('')),
);
const observation: fc.Arbitrary<TaskObservation> = fc
  .record(
    {
      taskId: fc.string({ minLength: 1, maxLength: 100 }),
      userId: fc.string({ minLength: 1, unit: 'grapheme' }).filter(isUserId),
      workbenchId: id(26),
      runId: id(16),
      attempt: fc.integer({ min: 1, max: 1000 }),
      version: fc.integer({ min: 1 }),
      status: fc.constantFrom(...TASK_STATUSES),
      detail: fc.string({ maxLength: 200 }),
      endpoint: fc.integer({ min: 1, max: 65_535 }).map((port) => `http://127.0.0.1:${port}`),
      containerInstance: fc.string({ minLength: 1 }),
      provider: fc.string({ minLength: 1 }),
      host: fc.constantFrom('connected' as const, 'disconnected' as const, 'gone' as const),
      stop: fc.record({ code: fc.constantFrom(...REASON_CODES, 'requested' as const), message }),
    },
    { requiredKeys: ['taskId', 'userId', 'workbenchId', 'runId', 'attempt', 'version', 'status', 'stop'] },
  )
  .map(({ stop, ...task }) => (task.status === 'stopped' ? { ...task, stop } : task));

describe("local mode's task event", () => {
  it('gives the observation back as it was', () => {
    fc.assert(
      fc.property(observation, (task) => {
        const event: unknown = JSON.parse(JSON.stringify(toTaskStateChangeEvent(task)));
        expect(readTaskEvent(event, { WB_CONTAINER_PORT: 8080 })).toEqual(task);
      }),
      { numRuns: 1000 },
    );
  });

  it('says what ECS has words for in those words', () => {
    const { detail } = toTaskStateChangeEvent({
      taskId: 'proc-1',
      userId: 'ada',
      workbenchId: '01k5w3p8xg7t2mzq4v9r6ehbnc',
      runId: '7t2mzq4v9r6ehbnc',
      attempt: 1,
      version: 4,
      status: 'stopped',
      stop: { code: 'out_of_memory', message: 'it grew' },
    });
    expect(detail).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      containers: [{ reason: 'OutOfMemoryError: it grew' }],
      attachments: [{ type: 'workbench', details: [] }],
    });
  });
});
