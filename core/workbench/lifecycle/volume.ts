import type { Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow } from './context.ts';
import type { Outcome } from './inputs.ts';
import { beginDelete, beginStop } from './transitions.ts';

/** Stores the mount of the volume. Ignores it in the status `deleting`, because the volume is being deleted. */
export function applyVolumeReady(
  workbench: Workbench,
  { mount }: Extract<Outcome, { type: 'volume_ready' }>,
  context: Context,
): Workbench {
  if (workbench.status === 'deleting' || workbench.mount !== undefined) return workbench;
  return driveNow({ ...workbench, mount: { ...mount } }, context);
}

/**
 * The volume's deletion has begun, which only a deleted workbench causes. A delayed create request wrote this record after
 * the deletion, so the record is deleted too.
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

/** Part of the volume was deleted, or all of it (`done`): the deletion of its root proves that nothing is left. */
export function applyVolumeDeletion(workbench: Workbench, done: boolean, context: Context): Workbench {
  if (workbench.status !== 'deleting') return workbench;
  if (!done) return driveNow(workbench, context);
  // Files that are gone cost nothing any more.
  const { files: _deleted, ...rest } = workbench;
  return driveNow({ ...rest, volumeDeleted: true }, context);
}
