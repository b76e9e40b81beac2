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

/** A stop or destroy of which this alone is left to do. */
function ending(workbench: Stopping | Deleting, left: Left): Workbench {
  const { host: _host, ...base } = baseOf(workbench);
  const { status, desired, deadlineAt } = workbench;
  return { ...base, status, desired, deadlineAt, ...left } as Workbench;
}

describe('what a start waits for', () => {
  const spec = { cpuUnits: 1, memoryMib: 1, gpuCount: 0 };
  const dedicated = { ...spec, dedicatedInstanceType: 'm7i.large' };
  const mount = {};

  it.each<[string, string, Partial<Starting>]>([
    ['our own queue, whatever else', 'queued', { deadlinePausedAt: 0, unexpectedTasks }],
    ['its volume', 'volume', { unexpectedTasks, spec: dedicated }],
    ['another task', 'run', { mount, unexpectedTasks, spec: dedicated }],
    ['its machine', 'host', { mount, spec: dedicated }],
    ['the answer to what was sent to its machine', 'capacity', { mount, spec: dedicated, run: issuedRun() }],
    ['a place', 'capacity', { mount, spec }],
  ])('is told while it waits for %s', (_what, detail, fields) => {
    expect(statusDetail(starting(fields))).toBe(detail);
  });

  it('is in the words of its task once it has one', () => {
    expect(statusDetail(provisioning({ detail: 'capacity' }))).toBe('capacity');
    expect(statusDetail(pending({ detail: 'pulling the image' }))).toBe('pulling the image');
  });

  it('is nothing for what is at rest', () => {
    expect([statusDetail(running()), statusDetail(stopped())]).toEqual([undefined, undefined]);
  });
});

describe('what a stop waits for', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['an unexpected task', 'run', { unexpectedTasks, host }],
    ['its machine', 'host', { host }],
    ['its run for too long', 'instance_unreachable', { run, overdue: true }],
    ['its machine for too long', 'instance_unreachable', { host, overdue: true }],
  ])('is told while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(stopping(), left))).toBe(detail);
  });
});

describe('what a destroy waits for', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['an unexpected task', 'run', { unexpectedTasks }],
    ['its machine', 'host', { host }],
    ['its files', 'volume', {}],
    ['its run for too long', 'instance_unreachable', { run, overdue: true }],
    ['its machine for too long', 'instance_unreachable', { host, overdue: true }],
    ['its files for too long', 'volume', { overdue: true }],
  ])('is told while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(deleting(), left))).toBe(detail);
  });
});
