import { describe, expect, it } from 'vitest';
import { isUnattended, skipGap } from '#core/workbench/lifecycle/gap.ts';
import type { Input } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { dueAt, type Workbench } from '#core/workbench/workbench.ts';
import { LARGEST_WORKBENCHES } from '#test/builders/largest-workbench.ts';
import {
  acceptedRun,
  aHost,
  MINUTE,
  pending,
  preparingRun,
  running,
  starting,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const SECOND = 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const step = lifecycle(POLICY);

/**
 * Times that say when something was, a time of day that an operator has given (`until`), or the date of an offer, which users
 * know. They never move.
 */
const FACTS = [
  'createdAt',
  'startedAt',
  'readyAt',
  'stoppedAt',
  'updatedAt',
  'acceptedAt',
  'requestedAt',
  'at',
  'until',
  'expiresAt',
  'since',
  'idleStopAt',
  'keepUntil',
  'lifeEndsAt',
  'warnedStopAt',
  'plannedStopAt',
  'deletedAt',
  'deletesAt',
  'nextStartAt',
  'nextStopAt',
];

/** The names of all times in the record, with the sets of values that each has. */
function timesIn(value: unknown, times = new Map<string, Set<number>>()): Map<string, Set<number>> {
  for (const [name, member] of Object.entries(value ?? {})) {
    if (typeof member === 'object') timesIn(member, times);
    else if (typeof member === 'number' && member > 1e12)
      times.set(name, (times.get(name) ?? new Set()).add(member));
  }
  return times;
}

describe('a record whose last write is in the future', () => {
  it.each(Object.entries(LARGEST_WORKBENCHES))('has every wait moved and no fact: %s', (_, largest) => {
    const [written] = timesIn(largest).get('updatedAt') ?? [];
    const now = (written ?? 0) - HOUR;
    for (const [name, values] of timesIn(skipGap(largest as Workbench, now))) {
      expect({ name, values: [...values] }).toEqual({ name, values: [FACTS.includes(name) ? written : now] });
    }
  });

  it('is taken as it is if clocks differ by seconds', () => {
    const workbench = pending({ nextDriveAt: T0 });
    expect(skipGap(workbench, T0 - 10 * SECOND)).toBe(workbench);
    expect(skipGap(workbench, T0 - 10 * SECOND - 1)).not.toBe(workbench);
  });

  it('is due at once if it was due when it was written', () => {
    const workbench = stopping({ nextDriveAt: T0 });
    const { workbench: after, effects } = step(workbench, { type: 'tick' }, T0 - DAY);
    expect(effects).toMatchObject([{ type: 'stop_task' }]);
    expect(after).toBe(workbench);
  });

  it('otherwise waits for the rest of its wait', () => {
    const polled = pending({ nextDriveAt: T0 + 15 * SECOND });
    const { workbench: after, effects } = step(polled, { type: 'tick' }, T0 - DAY);
    expect(effects).toEqual([]);
    expect(after).toMatchObject({
      ...{ updatedAt: T0 - DAY, nextDriveAt: T0 - DAY + 15 * SECOND },
      deadlineAt: polled.deadlineAt - DAY,
    });
  });

  it('is written by a request that changes nothing, so that it is enqueued', () => {
    const workbench = stopping({ nextDriveAt: T0 });
    const { workbench: after } = step(workbench, { type: 'stop', by: 'ada' }, T0 - HOUR);
    expect(dueAt({ ...after, outbox: [] })).toBe(T0 - HOUR);
    expect(after.revision).toBe(workbench.revision + 1);
  });

  it('keeps its times when only its history is written', () => {
    const workbench = stopping({ nextDriveAt: T0 });
    const { workbench: after } = step(workbench, { type: 'history_written', through: 0 }, T0 - HOUR);
    expect(after).toBe(workbench);
  });

  it('is not written again and again', () => {
    const first = step(pending({ nextDriveAt: T0 + SECOND }), { type: 'tick' }, T0 - HOUR).workbench;
    expect(step(first, { type: 'tick' }, T0 - HOUR).workbench).toBe(first);
  });
});

describe('a record that was not driven for long after it was due', () => {
  it('is unattended five minutes after its due time, however late that is', () => {
    const workbench = starting({ mount: {}, nextDriveAt: T0 + 20 * MINUTE, deadlineAt: T0 + HOUR });
    expect(isUnattended(workbench, T0 + 25 * MINUTE - 1)).toBe(false);
    expect(isUnattended(workbench, T0 + 25 * MINUTE)).toBe(true);
    expect(isUnattended(running(), T0 + DAY)).toBe(false);
  });

  it('is due at once, and no wait ends before it was driven', () => {
    const run = acceptedRun({ agentSilentSince: T0, missingSince: T0 });
    const workbench = pending({ run, nextDriveAt: T0 + 15 * SECOND });
    const { workbench: after, effects } = step(workbench, { type: 'tick' }, T0 + DAY);
    expect(effects).toEqual([{ type: 'describe_task', taskId: 'task-1' }]);
    expect(after).toBe(workbench);
    const missing: Input = { type: 'task_missing', taskId: 'task-1' };
    expect(step(workbench, missing, T0 + DAY).workbench).toMatchObject({
      ...{ status: 'pending', deadlineAt: workbench.deadlineAt + DAY },
      run: { agentSilentSince: T0 + DAY, missingSince: T0 + DAY },
    });
  });

  it('counts a stopped task as gone only after the rest of the stop settle period', () => {
    const run = acceptedRun({ goneAfter: T0 + 10 * SECOND });
    const { workbench: after } = step(stopping({ run }), { type: 'tick' }, T0 + DAY);
    expect(after).toMatchObject({ status: 'stopping', run: { goneAfter: T0 + DAY + 10 * SECOND } });
    expect(dueAt(after)).toBe(T0 + DAY + 10 * SECOND);
    expect(step(after, { type: 'tick' }, T0 + DAY + 10 * SECOND).workbench.status).toBe('stopped');
  });

  it('makes no attempt while a call of the refused one may take effect', () => {
    const run = preparingRun({ attempt: 2, goneAfter: T0 + MINUTE });
    const workbench = starting({ mount: {}, run, nextDriveAt: T0 + MINUTE });
    const { workbench: after, effects } = step(workbench, { type: 'tick' }, T0 + DAY);
    expect(effects).toEqual([]);
    expect(dueAt(after)).toBe(T0 + DAY + MINUTE);
    expect(step(after, { type: 'tick' }, T0 + DAY + MINUTE).effects).toMatchObject([{ type: 'find_tasks' }]);
  });

  it('launches no host before the start retry interval has passed', () => {
    const { instanceId: _none, ...host } = aHost({ state: 'requested', launchAfter: T0 + MINUTE });
    const workbench = starting({ mount: {}, host, nextDriveAt: T0 + MINUTE });
    const { workbench: after, effects } = step(workbench, { type: 'tick' }, T0 + DAY);
    expect(effects).toEqual([]);
    expect(after).toMatchObject({ host: { launchAfter: T0 + DAY + MINUTE } });
  });
});

describe('drives that are always minutes late', () => {
  /** Drives the record six minutes after each due time until it is stopped, or eight times. */
  function driveLate(workbench: Workbench): Workbench {
    let current = workbench;
    for (let n = 0; n < 8 && current.status !== 'stopped'; n += 1)
      current = step(current, { type: 'tick' }, (dueAt(current) ?? 0) + 6 * MINUTE).workbench;
    return current;
  }

  it('end a wait at the second one', () => {
    const waiting = stopping({
      run: { ...acceptedRun(), goneAfter: T0 + 10 * SECOND },
      nextDriveAt: T0 + 10 * SECOND,
    });
    const { workbench: once } = step(waiting, { type: 'tick' }, T0 + 6 * MINUTE);
    expect(once).toMatchObject({ status: 'stopping', gapAt: T0 + 6 * MINUTE });
    expect(driveLate(waiting)).toMatchObject({ status: 'stopped' });
  });

  it('differ from a clock that was set back after it was set forward', () => {
    const written = stopping({
      run: { ...acceptedRun(), goneAfter: T0 + 10 * SECOND },
      ...{ updatedAt: T0, gapAt: T0, nextDriveAt: T0 + 10 * SECOND },
    });
    const { workbench: back } = step(written, { type: 'tick' }, T0 - DAY);
    expect(back).toMatchObject({ status: 'stopping', run: { goneAfter: T0 - DAY + 10 * SECOND } });
  });
});
