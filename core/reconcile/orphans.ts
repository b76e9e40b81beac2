import type { Finding, RepairKind, ReportDraft } from './report.ts';
import { isThrottled, type SweepPorts } from './sweep.ts';

/** A sweep may always remove this many things… */
export const DELETION_MAX = 5;
/** …and never more than this share of what it found. */
export const DELETION_SHARE_MAX = 0.05;

/** How long what nobody wants is left alone after it was made: its record may only be on its way. */
export interface SweepSettings {
  /** Milliseconds. @default 15 minutes */
  readonly graceMs: number;
}

export interface DeletionLimits extends SweepSettings {
  /** So many may always be deleted, whatever their share. @default DELETION_MAX */
  readonly deletionMax?: number;
  /** Nothing further is deleted when a pass has lasted so long. Milliseconds. @default no limit */
  readonly deletionTimeLimitMs?: number;
}

/** Something of ours in the cloud that no record wants. */
export interface Orphan {
  readonly id: string;
  /** When it was made, milliseconds since 1970; undefined where that is not known, or where the young are not spared. */
  readonly createdAt: number | undefined;
  readonly why: string;
  /** What its removal is counted as. */
  readonly kind: RepairKind;
  /** Looks for its record once more. */
  readonly recheck: () => Promise<RecheckResult>;
  /** What it is noted as; undefined when there was nothing to do after all. */
  readonly delete: () => Promise<DeletionResult | undefined>;
}

/** `skip`: it is to be left alone, and there is nothing more to be said of it. */
export type RecheckResult = 'orphaned' | 'referenced' | 'skip';

export interface DeletionResult {
  readonly what: Finding['what'];
  /** Where it is not the orphan's own. */
  readonly why?: string;
}

/**
 * Removes orphans, except the young, and except all of them when they are suspiciously many: a table restored
 * from a backup, or the wrong table, must not become a massacre.
 */
export async function deleteOrphans(
  ports: SweepPorts,
  { graceMs, deletionMax = DELETION_MAX, deletionTimeLimitMs = Number.POSITIVE_INFINITY }: DeletionLimits,
  orphans: readonly Orphan[],
  draft: ReportDraft,
): Promise<void> {
  // Old enough when its record was looked for: a sweep may have been frozen since, and an index may not have known
  // the record then.
  const begun = draft.startedAt;
  const isOld = ({ createdAt }: Orphan): boolean => createdAt === undefined || begun - createdAt >= graceMs;
  for (const { id, why } of orphans.filter((orphan) => !isOld(orphan))) draft.add(id, 'in_grace_period', why);
  const old = orphans.filter(isOld);
  if (old.length > Math.max(deletionMax, draft.checked * DELETION_SHARE_MAX)) {
    for (const { id, why } of old) draft.add(id, 'over_deletion_limit', why);
    return;
  }
  let isThrottledNow = false;
  for (const orphan of old) {
    const { id, why } = orphan;
    if (isThrottledNow) {
      draft.add(id, 'throttled', why);
    } else if (ports.clock.now() - begun >= deletionTimeLimitMs) {
      draft.add(id, 'deferred', why);
    } else {
      isThrottledNow = await deleteOrphan(ports, orphan, draft);
    }
  }
}

/** @returns whether it met a throttle, so that nothing more is to be asked for */
async function deleteOrphan(
  ports: SweepPorts,
  { id, why, kind, recheck, delete: remove }: Orphan,
  draft: ReportDraft,
): Promise<boolean> {
  try {
    // Others were looked at since, and the sweep may have been frozen: somebody may have come to want it.
    const found = await recheck();
    if (found === 'referenced')
      draft.add(id, 'referenced', 'A record has come to want it since it was looked at.');
    if (found !== 'orphaned') return false;
    const deleted = await remove();
    if (deleted !== undefined) {
      const isRepair = ['repaired', 'deleted', 'quarantined'].includes(deleted.what);
      draft.add(id, deleted.what, deleted.why ?? why, isRepair ? kind : undefined);
    }
    return false;
  } catch (error) {
    const throttled = isThrottled(error);
    draft.add(id, throttled ? 'throttled' : 'failed', why);
    if (!throttled) ports.telemetry.error('could not delete an orphan', { id }, error);
    return throttled;
  }
}
