import type { Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow } from './context.ts';
import type { Outcome } from './inputs.ts';
import { beginDelete, beginStop } from './transitions.ts';

/** The volume is there. True in every state but `deleting`, where it is on its way out. */
export function applyVolumeReady(
  workbench: Workbench,
  { mount }: Extract<Outcome, { type: 'volume_ready' }>,
  context: Context,
): Workbench {
  if (workbench.status === 'deleting' || workbench.mount !== undefined) return workbench;
  return driveNow({ ...workbench, mount: { ...mount } }, context);
}

/**
 * Its files were wiped before, which only a destroy does: the record is of a create that was on its way for so long
 * that it came after the end. It goes where the first went.
 */
export function applyVolumeTombstoned(workbench: Workbench, context: Context): Workbench {
  return workbench.status === 'deleting' ? workbench : beginDelete(workbench, context);
}

export function applyVolumeRefused(
  workbench: Workbench,
  outcome: Extract<Outcome, { type: 'volume_refused' }>,
  context: Context,
): Workbench {
  if (workbench.status !== 'starting') return workbench;
  if (!outcome.retryable) return beginStop(workbench, context, { reason: outcome.reason });
  return driveBy(
    { ...workbench, refusal: outcome.reason, failures: 0 },
    context.now + context.policy.startRetryMs,
  );
}

/** A part of it is gone (`done` false), or its root is: that is the proof that nothing is left. */
export function applyVolumeDeletion(workbench: Workbench, done: boolean, context: Context): Workbench {
  if (workbench.status !== 'deleting') return workbench;
  return driveNow(done ? { ...workbench, volumeDeleted: true } : workbench, context);
}
