import { dueAt, type Run, runOf, type Workbench } from '../workbench.ts';

/** Clocks of functions differ by seconds. A record that was written further in the future shows that a clock was set back. */
const CLOCK_DIFFERENCE_MAX_MS = 10_000;

/**
 * More than any delay in normal operation: a failed effect is retried within a minute, and the reconciler replaces a lost
 * message within another.
 */
const UNATTENDED_AFTER_MS = 5 * 60_000;

/**
 * Whether the record was due for long and was not driven: the controller was paused, its queue was unavailable, or its
 * clock was set forward. The observations in the record may be stale, so the workbench is driven before a timeout has an
 * effect. While a workbench waits for something, each poll writes the record. See docs/lifecycle.md#unattended-records.
 */
export function isUnattended(workbench: Workbench, now: number): boolean {
  const due = dueAt(workbench);
  return due !== undefined && now - Math.max(workbench.updatedAt, due) >= UNATTENDED_AFTER_MS;
}

/** Whether the clock was set back since the last write. The times of the record are then too late by an unknown time. */
export function isFromFuture({ updatedAt }: Pick<Workbench, 'updatedAt'>, now: number): boolean {
  return updatedAt - now > CLOCK_DIFFERENCE_MAX_MS;
}

/** Times in the record, its run, its host, its idle stop and its unexpected tasks that begin or end a wait. */
const WAITS = [
  'deadlineAt',
  'deadlinePausedAt',
  'goneAfter',
  'missingSince',
  'agentSilentSince',
  'gateSilentSince',
  'launchAfter',
  'stopAt',
  'unknownSince',
];

/** Those that only make an effect due. If they have passed, the effect is made up for at once. */
const DUE_TIMES = ['nextDriveAt', 'stopRequestedAt', 'checkAt'];

/**
 * Returns the record as if its last write were now, or the same object if it was driven in time. Only while the workbench
 * is driven and the clock does not step, the difference of two times is a duration. After a gap every wait continues with
 * what was left of it at the last write, so it is never shorter than it must be. See docs/lifecycle.md#clocks-that-step.
 *
 * If the last write already followed a gap, drives come late, but the clock was hardly set forward twice: the time counts.
 * Otherwise no wait would end while each message of an overloaded queue arrives late.
 */
export function skipGap<W extends Workbench>(workbench: W, now: number): W {
  const setBack = isFromFuture(workbench, now);
  const followsGap = workbench.gapAt === workbench.updatedAt;
  if (!setBack && (followsGap || !isUnattended(workbench, now))) return workbench;
  const names = setBack ? [...WAITS, ...DUE_TIMES] : WAITS;
  const gap = now - workbench.updatedAt;
  const run = runOf(workbench);
  const { host } = workbench;
  const idle = workbench.status === 'running' ? workbench.idle : undefined;
  return {
    ...move(workbench, names, gap),
    gapAt: now,
    unexpectedTasks: workbench.unexpectedTasks.map((unexpectedTask) => move(unexpectedTask, names, gap)),
    ...(host === undefined ? {} : { host: move(host, names, gap) }),
    ...(run === undefined ? {} : { run: moveRun(run, names, gap) }),
    ...(idle === undefined ? {} : { idle: move(idle, names, gap) }),
  };
}

function moveRun(run: Run, names: readonly string[], gap: number): Run {
  const moved = move(run, names, gap);
  if (moved.phase !== 'accepted' || moved.interruption === undefined) return moved;
  return { ...moved, interruption: move(moved.interruption, names, gap) };
}

function move<T extends object>(times: T, names: readonly string[], gap: number): T {
  const moved = Object.entries(times).filter(([name]) => names.includes(name));
  return { ...times, ...Object.fromEntries(moved.map(([name, time]) => [name, Number(time) + gap])) };
}
