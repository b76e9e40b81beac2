import type { FindingType, RepairKind, ReportDraft } from './report.ts';
import { isThrottled, type SweepPorts } from './sweep.ts';

/** The deletion limit of a sweep is the larger of this number of orphans… */
export const DELETION_MAX = 5;
/** …and this share of the resources that it checked. */
export const DELETION_SHARE_MAX = 0.05;

export interface SweepSettings {
  /**
   * Grace period: an orphan is not deleted before this age, because its record may not be visible yet. Milliseconds.
   * @default 15 minutes
   */
  readonly graceMs: number;
}

export interface DeletionLimits extends SweepSettings {
  /** This number of orphans may always be deleted, for any share. @default DELETION_MAX */
  readonly deletionMax?: number;
  /** No deletion begins when the sweep has lasted this long. Milliseconds. @default no limit */
  readonly deletionTimeLimitMs?: number;
}

/** A resource of this installation that no record refers to. */
export interface Orphan {
  readonly id: string;
  /** When it was created, milliseconds since 1970; undefined if unknown, or if no grace period applies. */
  readonly createdAt: number | undefined;
  readonly why: string;
  /** The kind under which its repair is counted. */
  readonly kind: RepairKind;
  /** Reads its record again. */
  readonly recheck: () => Promise<RecheckResult>;
  /** Deletes it and returns the finding; undefined if there was nothing to do. */
  readonly delete: () => Promise<DeletionResult | undefined>;
}

/** `skip`: do not delete it and add no finding. */
export type RecheckResult = 'orphaned' | 'referenced' | 'skip';

export interface DeletionResult {
  readonly what: FindingType;
  /** @default the orphan's `why` */
  readonly why?: string;
}

/**
 * Deletes orphans that are older than the grace period. If there are more of them than the deletion limit it deletes none
 * and raises an alarm: a restored or wrong table must not cause a mass deletion.
 */
export async function deleteOrphans(
  ports: SweepPorts,
  { graceMs, deletionMax = DELETION_MAX, deletionTimeLimitMs = Number.POSITIVE_INFINITY }: DeletionLimits,
  orphans: readonly Orphan[],
  draft: ReportDraft,
): Promise<void> {
  // Age is measured at the start of the sweep, before its record was searched: the function may have been frozen since,
  // and the index may not have contained a young record yet.
  const begun = draft.startedAt;
  const isOld = ({ createdAt }: Orphan): boolean => createdAt === undefined || begun - createdAt >= graceMs;
  for (const { id, why } of orphans.filter((orphan) => !isOld(orphan))) draft.add(id, 'in_grace_period', why);
  const old = orphans.filter(isOld);
  if (old.length > Math.max(deletionMax, draft.checked * DELETION_SHARE_MAX)) {
    for (const { id, why } of old) draft.add(id, 'over_deletion_limit', why);
    return;
  }
  let throttled = false;
  for (const orphan of old) {
    const { id, why } = orphan;
    if (throttled) {
      draft.add(id, 'throttled', why);
    } else if (ports.clock.now() - begun >= deletionTimeLimitMs) {
      draft.add(id, 'deferred', why);
    } else {
      throttled = await deleteOrphan(ports, orphan, draft);
    }
  }
}

/** @returns whether the call was throttled, so that the sweep must send no further calls */
async function deleteOrphan(
  ports: SweepPorts,
  { id, why, kind, recheck, delete: remove }: Orphan,
  draft: ReportDraft,
): Promise<boolean> {
  try {
    // Time has passed since the first read, and the function may have been frozen: a record may refer to it by now.
    const recheckResult = await recheck();
    if (recheckResult === 'referenced')
      draft.add(id, 'referenced', 'A record refers to it that did not at the first read.');
    if (recheckResult !== 'orphaned') return false;
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
