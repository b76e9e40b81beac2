import { beingDeletedError, notRunning } from '../../errors.ts';
import { ACTIVITY_WRITE_INTERVAL_MS } from '../../gate/activity.ts';
import type { Evidence } from '../../ports/activity-store.ts';
import { CLOCK_SKEW_MAX_MS } from '../../ports/clock.ts';
import { type EvidenceKind, EXTENSION_MINUTES_MAX, type Idle } from '../idle-schema.ts';
import { FIXED_STOP_WARNING_MS, fixedStopWarningAtOf } from '../planned-stop.ts';
import type { StatusReason } from '../reasons.ts';
import type { Changes } from '../request-fields.ts';
import type { WorkbenchSpec } from '../spec.ts';
import type { Running, Workbench } from '../workbench.ts';
import type { Context } from './context.ts';
import type { Effect, Outcome } from './inputs.ts';
import { EFFECT_BEGINS_WITHIN_MS, type Policy } from './policy.ts';
import { beginStop } from './transitions.ts';

/**
 * The stops that are planned for a running workbench: because it is not used, because its run has lasted as long as it may,
 * and at a time that its user has set. See docs/lifecycle.md#idle-workbenches.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The owner is warned at least this long before an idle stop, milliseconds. */
export const IDLE_WARNING_MS = 10 * MINUTE_MS;

/**
 * An idle stop comes this much later than the limit, milliseconds: evidence is stored at most once a minute, and the clocks
 * of its writers differ from that of the controller.
 */
export const IDLE_MARGIN_MS = ACTIVITY_WRITE_INTERVAL_MS + CLOCK_SKEW_MAX_MS;

/** Evidence that could not be read is read again after this time, milliseconds. */
const READ_RETRY_MS = MINUTE_MS;

/** `idle_unknown` is shown after evidence could not be read for this time, milliseconds. */
const UNKNOWN_AFTER_MS = 10 * MINUTE_MS;

/**
 * A stop that comes later than this after its announced time needs another warning, milliseconds: while the controller did
 * not work, the evidence may not have been stored either.
 */
const LATE_AFTER_MS = 5 * MINUTE_MS;

/** Reads the evidence when the workbench could first be idle, could first be stopped, or after a failed read. */
export function idleEffects(workbench: Workbench, now: number): readonly Effect[] {
  if (workbench.status !== 'running' || workbench.idle === undefined || now < workbench.idle.checkAt)
    return [];
  return [{ type: 'read_evidence', runId: workbench.run.runId }];
}

/** Sets the limits of a run when it becomes ready, and keeps them while it runs. */
export function withLimits(running: Running, before: Workbench, context: Context): Running {
  const { now, policy } = context;
  if (before.status === 'running') {
    const { idle, lifeEndsAt, warnedStopAt } = before;
    return {
      ...running,
      ...(idle === undefined ? {} : { idle }),
      ...(lifeEndsAt === undefined ? {} : { lifeEndsAt }),
      ...(warnedStopAt === undefined ? {} : { warnedStopAt }),
    };
  }
  return withLife(withIdleLimit(running, now, policy), running.readyAt ?? now, policy);
}

/** Applies changed limits to a workbench that runs already. Those of others apply from their next start. */
export function changeLimits(workbench: Workbench, changes: Changes, { now, policy }: Context): Workbench {
  const { stopAt, idleStopMinutes, maxRunHours } = changes;
  let next = workbench;
  if (stopAt === null) {
    const { plannedStopAt: _withdrawn, ...rest } = next;
    next = rest as Workbench;
  } else if (stopAt !== undefined) next = { ...next, plannedStopAt: stopAt };
  if (next.status === 'running' && idleStopMinutes !== undefined) next = withIdleLimit(next, now, policy);
  if (next.status === 'running' && maxRunHours !== undefined)
    next = withLife(next, next.readyAt ?? now, policy);
  return next;
}

function withIdleLimit(running: Running, now: number, policy: Policy): Running {
  const { idle: before, ...rest } = running;
  const minutes = idleMinutesOf(running.spec, policy);
  if (minutes === 0) return rest;
  const { idleStopAt: _before, ...idle } = before ?? { since: now, because: 'start' as const };
  return { ...rest, idle: planCheck({ ...idle, minutes, checkAt: now }, now) };
}

function withLife(running: Running, readyAt: number, policy: Policy): Running {
  const { lifeEndsAt: _before, ...rest } = running;
  const limits = [running.spec.maxRunHours ?? 0, policy.maxRunHours].filter((hours) => hours > 0);
  return limits.length === 0 ? rest : { ...rest, lifeEndsAt: readyAt + Math.min(...limits) * HOUR_MS };
}

function idleMinutesOf(spec: WorkbenchSpec, policy: Policy): number {
  return spec.idleStopMinutes ?? (spec.gpuCount > 0 ? policy.idleStopGpuMinutes : policy.idleStopMinutes);
}

/** Plans the next check of the evidence: when the owner must be warned, if it is not used until then. */
function planCheck(idle: Idle, now: number): Idle {
  return { ...idle, checkAt: Math.max(now, idleAt(idle, now) - IDLE_WARNING_MS) };
}

/** When the workbench may be stopped for idleness, as far as the record knows. */
function idleAt({ since, minutes, keepUntil = 0 }: Idle, now: number): number {
  return Math.max(Math.min(since, now) + minutes * MINUTE_MS + IDLE_MARGIN_MS, keepUntil);
}

/**
 * The workbench is not stopped for idleness within the next `minutes`.
 * @throws WorkbenchError `not_running`, `deleting`
 */
export function extend(workbench: Workbench, minutes: number, { now }: Context): Workbench {
  if (workbench.status === 'deleting') throw beingDeletedError();
  if (workbench.status !== 'running') throw notRunning();
  if (workbench.idle === undefined) return workbench;
  const { idleStopAt: _before, keepUntil = 0, ...idle } = workbench.idle;
  const kept = Math.max(keepUntil, now + minutes * MINUTE_MS);
  return { ...workbench, idle: planCheck({ ...idle, since: now, because: 'extend', keepUntil: kept }, now) };
}

/** A start of a running workbench is a use: the user who sends it must find the workbench running. */
export function startRunning(running: Running, { now }: Context): Running {
  if (running.idle === undefined || now - running.idle.since < ACTIVITY_WRITE_INTERVAL_MS) return running;
  const { idleStopAt: _before, ...idle } = running.idle;
  return { ...running, idle: planCheck({ ...idle, since: now, because: 'start' }, now) };
}

/** Decides by the evidence: plans the next check, warns the owner, or stops the workbench. */
export function applyEvidence(
  workbench: Workbench,
  { runId, evidence, readAt }: Extract<Outcome, { type: 'evidence_read' }>,
  context: Context,
): Workbench {
  const { now } = context;
  if (workbench.status !== 'running' || workbench.idle === undefined) return workbench;
  if (workbench.run.runId !== runId) return workbench;
  // The function was frozen after the read, and the workbench may have been used since. It is read again.
  if (now - readAt >= EFFECT_BEGINS_WITHIN_MS) return workbench;
  const { idleStopAt: announcedAt, unknownSince, unknown: _unknown, ...known } = workbench.idle;
  const idle = withEvidence(known, evidence, context);
  const stopAt = idleAt(idle, now);
  if (now < stopAt - IDLE_WARNING_MS) return { ...workbench, idle: planCheck(idle, now) };
  const isLate = announcedAt !== undefined && now - announcedAt >= LATE_AFTER_MS;
  const isAnnounced = announcedAt !== undefined && unknownSince === undefined && !isLate;
  const idleStopAt = Math.max(stopAt, isAnnounced ? announcedAt : now + IDLE_WARNING_MS);
  if (isAnnounced && now >= idleStopAt)
    return beginStop({ ...workbench, idle }, context, { reason: idleReason(idle) });
  return { ...workbench, idle: { ...idle, idleStopAt, checkAt: idleStopAt } };
}

/** The evidence could not be read. Without it the workbench is not stopped. */
export function noteUnreadable(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'running' || workbench.idle === undefined) return workbench;
  const { unknownSince = now, ...idle } = workbench.idle;
  const unknown = now - unknownSince >= UNKNOWN_AFTER_MS ? { unknown: true } : {};
  return { ...workbench, idle: { ...idle, unknownSince, ...unknown, checkAt: now + READ_RETRY_MS } };
}

/**
 * The latest of what the record knows and of the evidence. A time in the future, from a clock that is ahead, counts as now.
 * Busy processors and a keepalive hold a stop off and are no use by a person.
 */
function withEvidence(idle: Omit<Idle, 'idleStopAt'>, evidence: Evidence, { now, policy }: Context): Idle {
  const { keepUntil: extendedUntil = 0, ...rest } = idle;
  let since = Math.min(idle.since, now);
  let because: EvidenceKind = isHold(idle.because) ? 'ide' : idle.because;
  for (const kind of ['browser', 'ide'] as const) {
    const at = Math.min(evidence[kind] ?? 0, now);
    if (at > since) [since, because] = [at, kind];
  }
  const limit = idle.minutes * MINUTE_MS + IDLE_MARGIN_MS;
  const holds: readonly (readonly [EvidenceKind, number])[] = [
    ['extend', extendedUntil],
    ['keepalive', Math.min(evidence.keepaliveUntil ?? 0, now + EXTENSION_MINUTES_MAX * MINUTE_MS)],
    ['busy', Math.min(evidence.busy ?? 0, now, since + policy.busyHoldMs) + limit],
  ];
  let keepUntil = 0;
  for (const [kind, until] of holds) {
    if (until <= Math.max(now, keepUntil)) continue;
    keepUntil = until;
    if (until > since + limit) because = kind;
  }
  return { ...rest, since, because, ...(keepUntil === 0 ? {} : { keepUntil }) };
}

function isHold(kind: EvidenceKind): boolean {
  return kind === 'busy' || kind === 'keepalive';
}

function idleReason({ minutes, since }: Idle): StatusReason {
  const time = new Date(since).toISOString().slice(0, 16).replace('T', ' ');
  return {
    code: 'idle',
    message: `The workbench was not used since ${time} UTC, longer than its limit of ${minutes} minutes. Its files are kept. Start it again; a longer limit is idle_stop_minutes.`,
  };
}

/** Warns the owner of a stop at a fixed time, once for each time. */
export function warnOfFixedStop(workbench: Workbench, { now }: Context): Workbench {
  if (workbench.status !== 'running') return workbench;
  const warningAt = fixedStopWarningAtOf(workbench);
  if (warningAt === undefined || now < warningAt) return workbench;
  return { ...workbench, warnedStopAt: warningAt + FIXED_STOP_WARNING_MS };
}

/** Stops a run that has lasted as long as it may, or whose user has set the time of its stop. */
export function stopAsPlanned(workbench: Workbench, context: Context): Workbench {
  if (workbench.status !== 'running') return workbench;
  const { lifeEndsAt, plannedStopAt, ...rest } = workbench;
  if (plannedStopAt !== undefined && context.now >= plannedStopAt) {
    const message = 'The workbench was to be stopped at this time. Its files are kept.';
    return beginStop(rest, context, { reason: { code: 'stop_at', message } });
  }
  if (lifeEndsAt === undefined || context.now < lifeEndsAt) return workbench;
  const message = 'The run has lasted as long as it may. Its files are kept. Start the workbench again.';
  return beginStop(workbench, context, { reason: { code: 'max_life', message } });
}
