import * as z from 'zod/mini';
import { openObject, openObjectWithFallbacks } from '../workbench/open-schema.ts';

/** The sweeps that write reports. */
export const SWEEPS = ['active', 'tasks', 'hosts', 'volumes', 'cluster', 'quotas'] as const;
export type Sweep = (typeof SWEEPS)[number];

/** The sweeps that delete orphans and to which the deletion limit applies. */
export const DELETION_LIMITED_SWEEPS = ['tasks', 'hosts', 'volumes'] as const satisfies readonly Sweep[];

/** The maximum number of findings in a report, most severe first. The counts cover all findings. */
export const FINDINGS_MAX = 20;

/**
 * The kinds of repairs, as metrics count them:
 * - of records: the run had ended (`run_ended`); its task was not found (`task_missing`; the run ends after the timeout);
 *   the host had another state (`host_changed`);
 * - `drain`: the record did not know that an operator empties its machine, or no longer does; or ECS did not drain it;
 * - `quota`: the quota of a user did not match what a workbench holds;
 * - `unexpected_task`: a task was added to its record, and the record's effects stop it;
 * - orphans that were deleted or quarantined: `orphan_task`, `orphan_host`, `orphan_volume`;
 * - resources that are no longer needed: `task_definition`, and `container_instance` of a terminated EC2 instance.
 */
export const REPAIR_KINDS = [
  'run_ended',
  'task_missing',
  'host_changed',
  'unexpected_task',
  'orphan_task',
  'orphan_host',
  'orphan_volume',
  'task_definition',
  'container_instance',
  'drain',
  'quota',
] as const;
export type RepairKind = (typeof REPAIR_KINDS)[number];

/** The types of findings, most severe first. A full report drops the least severe. */
export const FINDING_TYPES = [
  'failed',
  'over_deletion_limit',
  'record_unreadable',
  'quarantined',
  'deleted',
  'repaired',
  // Of instances: an operator must act. The sweep changes nothing.
  'registration_failed',
  'agent_outdated',
  'instance_idle',
  // No record referred to the resource at the first read, but one does now. It is not deleted.
  'referenced',
  'inconclusive',
  'throttled',
  'deferred',
  'in_grace_period',
] as const;
export type FindingType = (typeof FINDING_TYPES)[number];

/** Replaces a sweep, finding type or repair kind that a newer version wrote. */
const UNKNOWN = 'unknown';
export const STORED_SWEEPS = [...SWEEPS, UNKNOWN] as const;
export const STORED_FINDING_TYPES = [...FINDING_TYPES, UNKNOWN] as const;
export const STORED_REPAIR_KINDS = [...REPAIR_KINDS, UNKNOWN] as const;

export const findingSchema = openObjectWithFallbacks(
  {
    /** The task, instance or workbench id. */
    id: z.string(),
    what: z.enum(STORED_FINDING_TYPES),
    why: z.string(),
    /** Present if it was repaired, deleted or quarantined. */
    kind: z.optional(z.enum(STORED_REPAIR_KINDS)),
  },
  { what: UNKNOWN, kind: UNKNOWN },
);
export type Finding = z.infer<typeof findingSchema>;

/** How far the sweep of the cluster has registered task definitions ahead. */
export const definitionProgressSchema = openObject({
  /** A digest of the settings. If they change, the sweep begins again. */
  settings: z.string(),
  /** No workbench is left. */
  done: z.boolean(),
  /** Where the next sweep continues, unless at the beginning. */
  cursor: z.optional(z.string()),
});
export type DefinitionProgress = z.infer<typeof definitionProgressSchema>;

/** The report of one sweep: what it checked, what it changed, and what still waits and why. */
export const reconcileReportSchema = openObjectWithFallbacks(
  {
    sweep: z.enum(STORED_SWEEPS),
    /** Milliseconds since 1970. */
    startedAt: z.int(),
    endedAt: z.int(),
    checked: z.int(),
    repaired: z.int(),
    deleted: z.int(),
    quarantined: z.int(),
    waiting: z.int(),
    failed: z.int(),
    /** There were more orphans than the deletion limit. Nothing was deleted; an operator must check. */
    alarm: z.boolean(),
    findings: z.array(findingSchema),
    /** Where the next sweep continues; present if this one stopped early. */
    resumeCursor: z.optional(z.string()),
    /** Of the sweep of the cluster. */
    definitions: z.optional(definitionProgressSchema),
  },
  { sweep: UNKNOWN },
);
export type ReconcileReport = z.infer<typeof reconcileReportSchema>;

/** Collects the findings and counts of a sweep while it runs. */
export class ReportDraft {
  readonly #sweep: Sweep;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #onFinding: (finding: Finding) => void;
  readonly #findings: Finding[] = [];
  readonly #counts = { repaired: 0, deleted: 0, quarantined: 0, waiting: 0, failed: 0 };
  #alarm = false;
  checked = 0;
  /** Where the next sweep continues if this one stops early. */
  resumeCursor: string | undefined;
  /** Of the sweep of the cluster. */
  definitions: DefinitionProgress | undefined;
  /** The sweep stopped early, because it was throttled or its time was used up. */
  incomplete = false;

  /** @param onFinding called for each finding, also for those that the report drops */
  constructor(sweep: Sweep, startedAt: number, onFinding: (finding: Finding) => void = () => {}) {
    this.#sweep = sweep;
    this.startedAt = startedAt;
    this.#onFinding = onFinding;
  }

  add(id: string, what: FindingType, why: string, kind?: RepairKind): void {
    switch (what) {
      case 'repaired':
      case 'deleted':
      case 'quarantined':
      case 'failed':
        this.#counts[what] += 1;
        break;
      default:
        this.#counts.waiting += 1;
    }
    if (what === 'over_deletion_limit') this.#alarm = true;
    const finding: Finding = { id, what, why, ...(kind === undefined ? {} : { kind }) };
    this.#store(finding);
    this.#onFinding(finding);
  }

  /** Keeps the order of the findings. If there are too many, the last of the least severe is dropped. */
  #store(finding: Finding): void {
    this.#findings.push(finding);
    if (this.#findings.length <= FINDINGS_MAX) return;
    const leastSevere = Math.max(...this.#findings.map(severityRank));
    this.#findings.splice(
      this.#findings.findLastIndex((stored) => severityRank(stored) === leastSevere),
      1,
    );
  }

  end(endedAt: number): ReconcileReport {
    return {
      sweep: this.#sweep,
      startedAt: this.startedAt,
      endedAt,
      checked: this.checked,
      ...this.#counts,
      alarm: this.#alarm,
      findings: this.#findings,
      ...(this.incomplete && this.resumeCursor !== undefined ? { resumeCursor: this.resumeCursor } : {}),
      ...(this.definitions === undefined ? {} : { definitions: this.definitions }),
    };
  }
}

/** 0 for the most severe type. */
function severityRank({ what }: Finding): number {
  return STORED_FINDING_TYPES.indexOf(what);
}
