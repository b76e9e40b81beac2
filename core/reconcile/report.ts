import * as z from 'zod/mini';

/** What a pass was about. */
export const SWEEPS = ['active', 'tasks', 'hosts', 'volumes', 'cluster'] as const;
export type Sweep = (typeof SWEEPS)[number];

/** The most findings that one report spells out; the counts are always whole. */
export const FINDINGS_MAX = 20;

export const findingSchema = z.object({
  /** The task, instance or workbench id. */
  id: z.string(),
  what: z.enum([
    'repaired',
    'removed',
    'quarantined',
    'waits_young',
    'waits_too_many',
    'waits_unreadable',
    'failed',
  ]),
  why: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** One pass of the reconciler: what it looked at, what it did, what still waits, and why. */
export const reconcileReportSchema = z.object({
  sweep: z.enum(SWEEPS),
  /** Milliseconds since 1970. */
  startedAt: z.int(),
  endedAt: z.int(),
  lookedAt: z.int(),
  repaired: z.int(),
  removed: z.int(),
  quarantined: z.int(),
  waiting: z.int(),
  failed: z.int(),
  /** It wanted to remove more than it may: nothing was removed, and somebody must look. */
  alarm: z.boolean(),
  findings: z.array(findingSchema),
});
export type ReconcileReport = z.infer<typeof reconcileReportSchema>;

/** Counts while a pass goes on. */
export class ReportDraft {
  readonly #sweep: Sweep;
  readonly #startedAt: number;
  readonly #findings: Finding[] = [];
  readonly #counts = { repaired: 0, removed: 0, quarantined: 0, waiting: 0, failed: 0 };
  #alarm = false;
  lookedAt = 0;

  constructor(sweep: Sweep, startedAt: number) {
    this.#sweep = sweep;
    this.#startedAt = startedAt;
  }

  note(id: string, what: Finding['what'], why: string): void {
    switch (what) {
      case 'repaired':
      case 'removed':
      case 'quarantined':
      case 'failed':
        this.#counts[what] += 1;
        break;
      default:
        this.#counts.waiting += 1;
    }
    if (what === 'waits_too_many') this.#alarm = true;
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ id, what, why });
  }

  end(endedAt: number): ReconcileReport {
    return {
      sweep: this.#sweep,
      startedAt: this.#startedAt,
      endedAt,
      lookedAt: this.lookedAt,
      ...this.#counts,
      alarm: this.#alarm,
      findings: this.#findings,
    };
  }
}
