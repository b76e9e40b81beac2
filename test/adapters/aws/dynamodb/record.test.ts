import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyAttributes, recordKey } from '#adapters/aws/dynamodb/keys.ts';
import { parseWorkbench, toIndexAttributes, toRecordAttribute } from '#adapters/aws/dynamodb/record.ts';
import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import { keyOf, OUTBOX_MAX, UNEXPECTED_TASKS_MAX, type Workbench } from '#core/workbench/workbench.ts';
import { anyWorkbench } from '#test/builders/any-workbench.ts';
import {
  acceptedRun,
  aHistoryEntry,
  aHost,
  aTaskInput,
  ID,
  issuedRun,
  pending,
  RUN_ID,
  running,
  starting,
  stopped,
  stopping,
} from '#test/builders/workbench.ts';
import { itemSize } from './item-size.ts';

/** One read unit of a consistent read, in bytes. */
const READ_UNIT = 4_096;

describe('a record as an item', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyWorkbench(), (workbench) => {
        expect(parseWorkbench(keyOf(workbench), { record: toRecordAttribute(workbench) })).toEqual(workbench);
      }),
    );
  });

  it('keeps the input of an issued run as decided, although the record has changed since', () => {
    const input = aTaskInput({ name: 'as it was', mount: { path: 'then' } });
    const workbench = starting({ name: 'renamed', mount: { path: 'now' }, run: issuedRun({ input }) });
    expect(parseWorkbench(keyOf(workbench), { record: toRecordAttribute(workbench) })).toEqual(workbench);
  });

  it('does not hold twice what the input of an issued run repeats', () => {
    const name = 'n'.repeat(128);
    const twice = starting({ name: 'other', run: issuedRun({ input: aTaskInput({ name }) }) });
    const once = starting({ name, run: issuedRun({ input: aTaskInput({ name }) }) });
    expect(sizeOf(once)).toBeLessThan(sizeOf(twice));
  });

  it('carries an index attribute only where it says something', () => {
    const names = (workbench: Workbench) =>
      Object.entries(toIndexAttributes(workbench))
        .filter(([, value]) => value !== undefined)
        .map(([name]) => name);
    expect(names(stopped())).toEqual(['ix_workbench']);
    expect(names(running())).toEqual(['ix_workbench', 'ix_active_shard']);
    expect(names(starting({ host: aHost() }))).toEqual([
      'ix_workbench',
      'ix_instance',
      'ix_due_shard',
      'ix_due_at',
      'ix_active_shard',
    ]);
  });

  it('costs one read unit, however large its fields are', () => {
    for (const workbench of largest({ outbox: OUTBOX_MAX, unexpectedTasks: UNEXPECTED_TASKS_MAX })) {
      expect(sizeOf(workbench), workbench.status).toBeLessThanOrEqual(READ_UNIT);
    }
  });
});

function sizeOf(workbench: Workbench): number {
  const indexes = Object.entries(toIndexAttributes(workbench)).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return itemSize({
    ...keyAttributes(recordKey(workbench)),
    ...Object.fromEntries(indexes),
    record: toRecordAttribute(workbench),
    write_token: { S: 'twelve-chars' },
    create_token: { S: 'twelve-chars' },
  });
}

/** Records with every field there is, each as long as it may be, in the states that have the most of them. */
function largest({ outbox, unexpectedTasks }: { outbox: number; unexpectedTasks: number }): Workbench[] {
  const time = Date.UTC(2099, 11, 31, 23, 59, 59, 999);
  const account = 'arn:aws:ecs:ap-southeast-2:394497726199';
  const task = `${account}:task/workbench-production/${'f'.repeat(32)}`;
  const reason = { code: 'image_pull_failed', message: 'm'.repeat(REASON_MESSAGE_MAX) } as const;
  const userId = '😀'.repeat(24);
  const name = '😀'.repeat(128);
  const amounts = { cpuUnits: 196_608, memoryMib: 1_572_864, gpuCount: 16 };
  const mount = {
    fileSystem: 'fs-0123456789abcdef0',
    accessPoint: 'fsap-0123456789abcdef0',
    taskDefinition: `${account}:task-definition/workbench-${ID}:12345`,
  };
  const common = {
    userId,
    name,
    spec: { ...amounts, dedicatedInstanceType: 'u7inh-32tb.480xlarge' },
    mount,
    host: aHost({ instanceType: 'u7inh-32tb.480xlarge', replacing: true, ...amounts }),
    lastHostGeneration: 1_234,
    unexpectedTasks: Array.from({ length: unexpectedTasks }, () => ({
      taskId: task,
      stopRequestedAt: time,
      goneAfter: time,
      agentSilentSince: time,
    })),
    lastTaskId: task,
    createdAt: time,
    startedAt: time,
    readyAt: time,
    stoppedAt: time,
    updatedAt: time,
    revision: 1_234_567,
    nextDriveAt: time,
    failures: 123,
    historySeq: 1_234_567,
    outbox: Array.from({ length: outbox }, (_, n) =>
      aHistoryEntry({
        seq: 1_234_567 + n,
        at: time,
        type: 'unexpected_task_found',
        by: '😀'.repeat(24),
        from: 'provisioning',
        to: 'provisioning',
        code: 'image_pull_failed',
      }),
    ),
    idempotencyKey: 'k'.repeat(128),
  };
  const issued = issuedRun({
    input: aTaskInput({
      userId,
      name,
      mount,
      ...amounts,
      placement: { kind: 'host', instanceId: 'i-0123456789abcdef0' },
    }),
  });
  const accepted = acceptedRun({
    taskId: task,
    containerInstance: `${account}:container-instance/workbench-production/${'f'.repeat(32)}`,
    provider: 'p'.repeat(64),
    endpoint: 'http://100.100.100.100:10000',
    stopRequestedAt: time,
    goneAfter: time,
    missingSince: time,
    agentSilentSince: time,
    acceptedAt: time,
  });
  const transition = { deadlineAt: time, overdue: true };
  const next = { runId: RUN_ID, requestedAt: time };
  return [
    stopped({ ...common, reason }),
    starting({ ...common, ...transition, run: issued, deadlinePausedAt: time, refusal: reason }),
    pending({ ...common, ...transition, run: accepted, detail: 'd'.repeat(200) }),
    stopping({
      ...common,
      ...transition,
      run: accepted,
      nextRun: next,
      reason,
      unexplained: true,
      forced: true,
    }),
    stopping({
      ...common,
      ...transition,
      run: issued,
      nextRun: next,
      reason,
      unexplained: true,
      forced: true,
    }),
  ];
}
