import type { Finding, RepairKind, ReportDraft } from './report.ts';
import { isThrottled, type SweepPorts } from './sweep.ts';

/** A sweep may always remove this many things… */
export const REMOVE_MAX = 5;
/** …and never more than this share of what it found. */
export const REMOVE_SHARE = 0.05;

/** How long what nobody wants is left alone after it was made: its record may only be on its way. */
export interface SweepSettings {
  /** Milliseconds. @default 15 minutes */
  readonly graceMs: number;
}

export interface DeletionLimits extends SweepSettings {
  /** So many may always be removed, whatever their share. @default REMOVE_MAX */
  readonly removeMax?: number;
  /** Nothing further is removed when a pass has lasted so long. Milliseconds. @default no limit */
  readonly endsAfterMs?: number;
}

/** Something of ours in the cloud that no record wants. */
export interface Orphan {
  readonly id: string;
  /** When it was made, milliseconds since 1970; undefined where that is not known, or where the young are not spared. */
  readonly madeAt: number | undefined;
  readonly why: string;
  /** What its removal is counted as. */
  readonly kind: RepairKind;
  /** Looks for its record once more. */
  readonly lookAgain: () => Promise<RecheckResult>;
  /** What it is noted as; undefined when there was nothing to do after all. */
  readonly delete: () => Promise<DeletionResult | undefined>;
}

/** `passed_over`: it is to be left alone, and there is nothing more to be said of it. */
export type RecheckResult = 'unwanted' | 'wanted' | 'passed_over';

export interface DeletionResult {
  readonly what: Finding['what'];
  /** Where it is not the orphan's own. */
  readonly why?: string;
}

/**
 * Removes orphans, except the young, and except all of them when they are suspiciously many: a table restored
 * from a backup, or the wrong table, must not become a massacre.
 */
export async function removeOrphans(
  ports: SweepPorts,
  { graceMs, removeMax = REMOVE_MAX, endsAfterMs = Number.POSITIVE_INFINITY }: DeletionLimits,
  orphans: readonly Orphan[],
  draft: ReportDraft,
): Promise<void> {
  // Old enough when its record was looked for: a sweep may have been frozen since, and an index may not have known
  // the record then.
  const begun = draft.startedAt;
  const isOld = ({ madeAt }: Orphan): boolean => madeAt === undefined || begun - madeAt >= graceMs;
  for (const { id, why } of orphans.filter((orphan) => !isOld(orphan))) draft.add(id, 'waits_young', why);
  const old = orphans.filter(isOld);
  if (old.length > Math.max(removeMax, draft.lookedAt * REMOVE_SHARE)) {
    for (const { id, why } of old) draft.add(id, 'waits_too_many', why);
    return;
  }
  let givesWay = false;
  for (const orphan of old) {
    const { id, why } = orphan;
    if (givesWay) {
      draft.add(id, 'waits_throttled', why);
    } else if (ports.clock.now() - begun >= endsAfterMs) {
      draft.add(id, 'waits_turn', why);
    } else {
      givesWay = await removeOne(ports, orphan, draft);
    }
  }
}

/** @returns whether it met a throttle, so that nothing more is to be asked for */
async function removeOne(
  ports: SweepPorts,
  { id, why, kind, lookAgain, delete: remove }: Orphan,
  draft: ReportDraft,
): Promise<boolean> {
  try {
    // Others were looked at since, and the sweep may have been frozen: somebody may have come to want it.
    const looked = await lookAgain();
    if (looked === 'wanted') draft.add(id, 'wanted', 'A record has come to want it since it was looked at.');
    if (looked !== 'unwanted') return false;
    const removed = await remove();
    if (removed !== undefined) {
      const isRepair = ['repaired', 'removed', 'quarantined'].includes(removed.what);
      draft.add(id, removed.what, removed.why ?? why, isRepair ? kind : undefined);
    }
    return false;
  } catch (error) {
    const throttled = isThrottled(error);
    draft.add(id, throttled ? 'waits_throttled' : 'failed', why);
    if (!throttled) ports.telemetry.error('an orphan could not be removed', { id }, error);
    return throttled;
  }
}
