import { describe, expect, it } from 'vitest';
import { statusDetail } from '#core/workbench/status-detail.ts';
import { baseOf, type Deleting, type Stopping, type Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, aHost, deleting, stopping } from '#test/builders/workbench.ts';

type Left = Partial<Pick<Deleting, 'run' | 'host' | 'strays' | 'overdue'>>;

const host = aHost();
const run = acceptedRun();
const strays = [{ taskId: 'task/1' }];

/** A stop or destroy of which this alone is left to do. */
function ending(workbench: Stopping | Deleting, left: Left): Workbench {
  const { host: _host, ...base } = baseOf(workbench);
  const { status, desired, deadlineAt } = workbench;
  return { ...base, status, desired, deadlineAt, ...left } as Workbench;
}

describe('what a stop waits for', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['a stray task', 'run', { strays, host }],
    ['its machine', 'host', { host }],
    ['its run for too long', 'host_unreachable', { run, overdue: true }],
    ['its machine for too long', 'host_unreachable', { host, overdue: true }],
  ])('is told while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(stopping(), left))).toBe(detail);
  });
});

describe('what a destroy waits for', () => {
  it.each<[string, string, Left]>([
    ['its run', 'run', { run, host }],
    ['a stray task', 'run', { strays }],
    ['its machine', 'host', { host }],
    ['its files', 'volume', {}],
    ['its run for too long', 'host_unreachable', { run, overdue: true }],
    ['its machine for too long', 'host_unreachable', { host, overdue: true }],
    ['its files for too long', 'volume', { overdue: true }],
  ])('is told while it waits for %s', (_what, detail, left) => {
    expect(statusDetail(ending(deleting(), left))).toBe(detail);
  });
});
