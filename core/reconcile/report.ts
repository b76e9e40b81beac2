import * as z from 'zod/mini';

/** What a pass was about. */
export const SWEEPS = ['active', 'tasks', 'hosts', 'volumes', 'cluster'] as const;
export type Sweep = (typeof SWEEPS)[number];

/** Those that remove things, and stop themselves when it would be suspiciously much. */
export const DELETION_LIMITED_SWEEPS = ['tasks', 'hosts', 'volumes'] as const satisfies readonly Sweep[];

/** The most findings that one report spells out, the gravest; the counts are always whole. */
export const FINDINGS_MAX = 20;

/**
 * The kinds of repairs, as they are counted:
 * - of records: the run had ended (`run_ended`), or its task is not found (`task_missing`: it counts as lost when
 *   that lasts); the machine was not as it said (`host_changed`);
 * - `unexpected_task`: a task that its workbench did not know, told to it, which then ends it;
 * - what no workbench wants: `orphan_task`, `orphan_host`, `orphan_volume`;
 * - what is needed no more: `task_definition`, `registration` of a machine that is terminated.
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
] as const;
export type RepairKind = (typeof REPAIR_KINDS)[number];

/** What may be found, the gravest first: so are they kept where there is no room for all. */
export const FINDING_TYPES = [
  'failed',
  'over_deletion_limit',
  'record_unreadable',
  'quarantined',
  'deleted',
  'repaired',
  // No record wanted it at first, and one does now: it is left alone.
  'referenced',
  'inconclusive',
  'throttled',
  'deferred',
  'in_grace_period',
] as const;

export const findingSchema = z.object({
  /** The task, instance or workbench id. */
  id: z.string(),
  what: z.enum(FINDING_TYPES),
  why: z.string(),
  /** Of what was repaired, deleted or set aside. */
  kind: z.optional(z.enum(REPAIR_KINDS)),
});
export type Finding = z.infer<typeof findingSchema>;

/** One pass of the reconciler: what it looked at, what it did, what still waits, and why. */
export const reconcileReportSchema = z.object({
  sweep: z.enum(SWEEPS),
  /** Milliseconds since 1970. */
  startedAt: z.int(),
  endedAt: z.int(),
  checked: z.int(),
  repaired: z.int(),
  deleted: z.int(),
  quarantined: z.int(),
  waiting: z.int(),
  failed: z.int(),
  /** It wanted to remove more than it may: nothing was deleted, and somebody must look. */
  alarm: z.boolean(),
  findings: z.array(findingSchema),
  /** Where the next pass goes on, when this one gave way before its end. */
  resumeCursor: z.optional(z.string()),
});
export type ReconcileReport = z.infer<typeof reconcileReportSchema>;

/** Counts while a pass goes on. */
export class ReportDraft {
  readonly #sweep: Sweep;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly #tell: (finding: Finding) => void;
  readonly #findings: Finding[] = [];
  readonly #counts = { repaired: 0, deleted: 0, quarantined: 0, waiting: 0, failed: 0 };
  #alarm = false;
  checked = 0;
  /** Where the next pass goes on if this one gives way now. */
  resumeCursor: string | undefined;
  /** It ended before its end, for others to go first or for want of time. */
  incomplete = false;

  /** @param tell told of each finding as it is made, those too that the report has no room for */
  constructor(sweep: Sweep, startedAt: number, tell: (finding: Finding) => void = () => {}) {
    this.#sweep = sweep;
    this.startedAt = startedAt;
    this.#tell = tell;
  }

  add(id: string, what: Finding['what'], why: string, kind?: RepairKind): void {
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
    this.#keep(finding);
    this.#tell(finding);
  }

  /** In the order in which they were made; when they are too many the last of the least grave goes. */
  #keep(finding: Finding): void {
    this.#findings.push(finding);
    if (this.#findings.length <= FINDINGS_MAX) return;
    const least = Math.max(...this.#findings.map(severityRank));
    this.#findings.splice(
      this.#findings.findLastIndex((kept) => severityRank(kept) === least),
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
    };
  }
}

/** The graver, the less. */
function severityRank({ what }: Finding): number {
  return FINDING_TYPES.indexOf(what);
}
