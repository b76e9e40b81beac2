import { beingDeletedError, WorkbenchError, workbenchNotFound } from '../../errors.ts';
import type { Labels } from '../labels.ts';
import { type Changes, specChangesOf } from '../request-fields.ts';
import { truncateUtf8 } from '../truncate-utf8.ts';
import {
  type Deleting,
  FORMER_NAME_MAX,
  isDeleted,
  runOf,
  type Stopping,
  type Workbench,
} from '../workbench.ts';
import type { Context } from './context.ts';
import { deleteOrHide, restore } from './deletion.ts';
import { changeLimits, extend, startRunning } from './idle.ts';
import type { Request } from './inputs.ts';
import { endOffer, moveTo, offerTo } from './owner.ts';
import { changeSchedule, postponeStop, skipElapsed } from './schedule.ts';
import { beginStop, startAgain } from './transitions.ts';

/**
 * Applies a request; returns the same object if the request changes nothing.
 * @throws WorkbenchError `deleting`, `not_stopped`, `not_running`, `not_deleted`; `workbench_not_found`, also if it is deleted
 */
export function applyRequest(workbench: Workbench, input: Request, context: Context): Workbench {
  if (isDeleted(workbench) && input.type !== 'delete' && input.type !== 'restore') throw workbenchNotFound();
  switch (input.type) {
    case 'start':
      return start(skipElapsed(workbench, context), input.runId, context);
    case 'stop':
      return stop(skipElapsed(workbench, context), input.force === true, context);
    case 'restart':
      return restart(skipElapsed(workbench, context), input, context);
    case 'delete':
      return deleteOrHide(workbench, input.immediately === true, (w) => stop(w, false, context), context);
    case 'restore':
      return restore(workbench, context);
    case 'extend':
      return postponeStop(extend(workbench, input.minutes, context), input.minutes, context);
    case 'update':
      return update(workbench, input.changes, context);
    case 'offer':
      return offerTo(workbench, input.to, context);
    case 'withdraw_offer':
      return endOffer(workbench, input.to, context);
    case 'move':
      return moveTo(workbench, input, context);
  }
}

function start(workbench: Workbench, runId: string, context: Context): Workbench {
  switch (workbench.status) {
    case 'stopped':
    case 'stopping':
      return startAgain(workbench, runId, context);
    case 'running':
      return startRunning(workbench, context);
    case 'deleting':
      throw beingDeletedError();
    default:
      return workbench;
  }
}

function stop(workbench: Workbench, force: boolean, context: Context): Workbench {
  switch (workbench.status) {
    case 'stopped':
      return workbench;
    case 'deleting':
      return force ? forceStop(workbench, context) : workbench;
    case 'stopping': {
      const requested =
        workbench.desired === 'stopped'
          ? workbench
          : { ...withoutNextRun(workbench), nextDriveAt: context.now };
      const stopping = withoutRestart(requested);
      return force ? forceStop(stopping, context) : stopping;
    }
    default: {
      const stopping = beginStop(workbench, context);
      return force && stopping.status === 'stopping' ? forceStop(stopping, context) : stopping;
    }
  }
}

/** Now the stop is requested, so that no interruption that the task may report makes the workbench start again. */
function withoutRestart(workbench: Stopping): Stopping {
  if (!workbench.unexplained || workbench.spec.onInterruption !== 'restart') return workbench;
  const { unexplained: _requested, ...rest } = workbench;
  return rest;
}

/** A retry is a start in progress: after its stop the record has no status reason, because the user requested the stop. */
function withoutNextRun(workbench: Stopping): Stopping {
  const { nextRun, ...rest } = workbench;
  if (nextRun?.retry === undefined) return { ...rest, desired: 'stopped' };
  const { reason: _failure, unexplained: _unexplained, ...requested } = rest;
  return { ...requested, desired: 'stopped' };
}

/** Moves the deadline to now. The task is requested to stop once more; if that has no effect the instance is terminated. */
function forceStop<W extends Stopping | Deleting>(workbench: W, { now }: Context): W {
  if (workbench.forced || !(workbench.run || workbench.host)) return workbench;
  return { ...workbench, forced: true, deadlineAt: Math.min(workbench.deadlineAt, now), nextDriveAt: now };
}

/** A start that is in progress already creates a new run, so a restart changes nothing then. */
function restart(
  workbench: Workbench,
  input: Extract<Request, { type: 'restart' }>,
  context: Context,
): Workbench {
  switch (workbench.status) {
    case 'running': {
      if (workbench.run.runId !== input.observedRunId) return workbench;
      return beginStop(workbench, context, { nextRun: { runId: input.runId, requestedAt: context.now } });
    }
    default:
      return start(workbench, input.runId, context);
  }
}

function update(workbench: Workbench, changes: Changes, context: Context): Workbench {
  if (workbench.status === 'deleting') throw beingDeletedError();
  const spec = { ...workbench.spec, ...specChangesOf(changes) };
  const resized =
    spec.cpuUnits !== workbench.spec.cpuUnits ||
    spec.memoryMib !== workbench.spec.memoryMib ||
    spec.gpuCount !== workbench.spec.gpuCount;
  if (resized && workbench.status !== 'stopped') {
    throw new WorkbenchError(
      'not_stopped',
      'The size of a workbench can be changed only while it is stopped. Stop it first.',
    );
  }
  const labelled = changes.labels === undefined ? workbench : withLabels(workbench, changes.labels);
  const limited = changeSchedule(
    changeLimits({ ...labelled, spec }, changes, context),
    changes.schedule,
    context,
  );
  return rename(limited, changes.name ?? workbench.name);
}

function withLabels(workbench: Workbench, labels: Labels): Workbench {
  const { labels: _replaced, ...rest } = workbench;
  return (Object.keys(labels).length === 0 ? rest : { ...rest, labels }) as Workbench;
}

/**
 * An issued run keeps the name that RunTask was sent with, so that a retry sends the same request. A long name is cut:
 * the record has no space for two of them. ECS then refuses the retry's client token because the parameters differ and
 * returns the task of the first call.
 */
function rename(workbench: Workbench, name: string): Workbench {
  const run = runOf(workbench);
  if (name === workbench.name || run?.phase !== 'issued') return { ...workbench, name };
  const input = { ...run.input, name: truncateUtf8(run.input.name, FORMER_NAME_MAX) };
  return { ...workbench, name, run: { ...run, input } } as Workbench;
}
