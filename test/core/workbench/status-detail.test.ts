import { describe, expect, it } from 'vitest';
import { statusDetail } from '#core/workbench/status-detail.ts';
import {
  baseOf,
  type Deleting,
  type Starting,
  type Stopping,
  type Workbench,
} from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  issuedRun,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
} from '#test/builders/workbench.ts';

type Left = Partial<Pick<Deleting, 'run' | 'host' | 'unexpectedTasks' | 'overdue'>>;

const host = aHost();
const run = acceptedRun();
const unexpectedTasks = [{ taskId: 'task/1' }];

/** A stop or deletion that only waits for this. */
function ending(workbench: Stopping | Deleting, left: Left): Workbench {
  const { host: _host, ...base } = baseOf(workbench);
  const { status, desired, deadlineAt } = workbench;
  return { ...base, status, desired, deadlineAt, ...left } as Workbench;
}

describe('the status detail of a start', () => {
  const spec = { cpuUnits: 1, memoryMib: 1, gpuCount: 0 };
  const dedicated = { ...spec, dedicatedInstanceType: 'm7i.large' };
  const mount = {};

  it.each<[string, string, Partial<Starting>]>([
    [
      'throttled calls, which come before everything else',
      'queued',
      { deadlinePausedAt: 0, unexpectedTasks },
    ],
    ['space of the controller', 'no_space', { deadlinePausedAt: 0, pausedForSpace: true, unexpectedTasks }],
    ['its volume', 'volume', { unexpectedTasks, spec: dedicated }],
    ['another task', 'run', { mount, unexpectedTasks, spec: dedicated }],
    ['its host', 'host', { mount, spec: dedicated }],
    [
      'the response to an issued RunTask on its host',
      'capacity',
      { mount, spec: dedicated, run: issuedRun() },
    ],
    ['capacity', 'capacity', { mount, spec }],
  ])('is set while it waits for %s', (_what, detail, fields) => {
    expect(statusDetail(starting(fields))).toBe(detail);
  });

  it('is the detail of its task once it has one', () => {
    expect(statusDetail(provisioning({ detail: 'capacity' }))).toBe('capacity');
    expect(statusDetail(pending({ detail: 'pulling the image' }))).toBe('pulling the image');
  });

  it('is absent if the workbench is settled', () => {
    expect([statusDetail(running()), statusDetail(stopped())]).toEqual([undefined, undefined]);
  });
});

describe('the status detail of a stop', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['an unexpected task', 'run', { unexpectedTasks, host }],
    ['its host', 'host', { host }],
    ['its run, and is overdue', 'instance_unreachable', { run, overdue: true }],
    ['its host, and is overdue', 'instance_unreachable', { host, overdue: true }],
  ])('is set while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(stopping(), left))).toBe(detail);
  });
});

describe('the status detail of a stop before a retry', () => {
  const nextRun = { runId: 'run', requestedAt: 0, retry: { attempt: 2, failedStarts: 1 } };
  const beforeRetry = stopping({ desired: 'running', nextRun });

  it('is retry until the stop is overdue', () => {
    expect(statusDetail(beforeRetry)).toBe('retry');
    expect(statusDetail({ ...beforeRetry, overdue: true })).toBe('instance_unreachable');
  });

  it('is not retry if a start was requested', () => {
    expect(statusDetail({ ...beforeRetry, nextRun: { runId: 'run', requestedAt: 0 } })).toBe('run');
  });
});

describe('the status detail of a deletion', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['an unexpected task', 'run', { unexpectedTasks }],
    ['its host', 'host', { host }],
    ['its files', 'volume', {}],
    ['its run, and is overdue', 'instance_unreachable', { run, overdue: true }],
    ['its host, and is overdue', 'instance_unreachable', { host, overdue: true }],
    ['its files, and is overdue', 'volume', { overdue: true }],
  ])('is set while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(deleting(), left))).toBe(detail);
  });
});
