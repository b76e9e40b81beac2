/**
 * How long a noted time is kept, milliseconds: 400 days. A write that arrives after its workbench was deleted therefore
 * does not remain.
 */
export const ACTIVITY_RETENTION_MS = 400 * 24 * 60 * 60 * 1000;

/** How long the reports of a run are kept after the last one, milliseconds: a week. */
export const REPORT_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

/** A time of each kind of a run is written at most this often, milliseconds. */
export const REPORT_INTERVAL_MS = 60_000;

/** The most workbenches of one `read`. */
export const ACTIVITY_READ_MAX = 100;

/** What a program reports of a run. Times are milliseconds since 1970. */
export interface ActivityReport {
  /** When the IDE worked for its user last, for example when a kernel was busy. */
  readonly ide?: number;
  /** When the processors or GPUs were busy last. */
  readonly busy?: number;
  /** The workbench is to be kept until this time. */
  readonly keepaliveUntil?: number;
  /** Why until then, for people: at most KEEPALIVE_REASON_MAX characters. Only with `keepaliveUntil`. */
  readonly keepaliveReason?: string;
}

/** The kinds of times in a report. */
type ReportedTime = Exclude<keyof ActivityReport, 'keepaliveReason'>;

/** The maximum length of the reason of a keepalive, in Unicode code points. */
export const KEEPALIVE_REASON_MAX = 120;

/** What is known of the use of a run: the latest time of each kind, milliseconds since 1970. */
export interface Evidence extends ActivityReport {
  /** When a person used the workbench in a browser last. */
  readonly browser?: number;
}

/** @default 'strong' */
export type Consistency = 'strong' | 'eventual';

/** When each workbench was used last. Beside the records: a write changes no revision. */
export interface ActivityStore {
  /**
   * Notes that a person used the workbench at `at` (milliseconds since 1970), as far as the gate saw it. A time before the
   * stored one has no effect.
   * @throws PortError
   */
  record(workbenchId: string, at: number): Promise<void>;
  /**
   * Notes the report of a run. A time before the stored one of its kind has no effect. Within REPORT_INTERVAL_MS of the
   * report that was written last, a report has an effect only if a time of it is this much later than the stored one.
   * @param now milliseconds since 1970
   * The reason of a keepalive replaces that of an earlier one, or of one until the same time. A keepalive without a reason has none.
   * @throws PortError; the report is then sent again
   */
  report(workbenchId: string, runId: string, report: ActivityReport, now: number): Promise<void>;
  /**
   * Returns what is known of a run, by one read.
   * @param consistency `strong`: all that was confirmed before the call. `eventual`, which costs half: a hint.
   * @throws PortError
   */
  readEvidence(workbenchId: string, runId: string, consistency?: Consistency): Promise<Evidence>;
  /**
   * Hint: returns the last noted times of use by a person. A workbench without one is left out.
   * @param workbenchIds at most ACTIVITY_READ_MAX
   * @throws PortError
   */
  read(workbenchIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Deletes the noted time of a deleted workbench. The reports of its runs expire. @throws PortError */
  delete(workbenchId: string): Promise<void>;
}

/** The reports of a run as they are stored. */
export interface StoredReport extends ActivityReport {
  /** When they were written last. */
  readonly reportedAt: number;
}

/**
 * Returns what is to be stored after a report: of each kind the latest time. Undefined if nothing is written.
 * @param stored undefined: the run has not reported yet
 */
export function mergeReport(
  stored: StoredReport | undefined,
  report: ActivityReport,
  now: number,
): StoredReport | undefined {
  const latest = (kind: ReportedTime) => Math.max(stored?.[kind] ?? 0, report[kind] ?? 0);
  const kinds = (['ide', 'busy', 'keepaliveUntil'] as const).filter((kind) => latest(kind) > 0);
  const isNewKeepalive = (report.keepaliveUntil ?? -1) >= (stored?.keepaliveUntil ?? 0);
  const { keepaliveReason } = (isNewKeepalive ? report : stored) ?? {};
  const merged = {
    reportedAt: now,
    ...Object.fromEntries(kinds.map((kind) => [kind, latest(kind)])),
    ...(keepaliveReason === undefined ? {} : { keepaliveReason }),
  };
  if (stored === undefined || now - stored.reportedAt >= REPORT_INTERVAL_MS) return merged;
  const isMuchLater = kinds.some((kind) => latest(kind) - (stored[kind] ?? 0) >= REPORT_INTERVAL_MS);
  return isMuchLater ? merged : undefined;
}

/** The evidence of a run. @param browser undefined: no person is known to have used it */
export function evidenceOf(browser: number | undefined, stored: StoredReport | undefined): Evidence {
  const { reportedAt: _written, ...report } = stored ?? { reportedAt: 0 };
  return { ...report, ...(browser === undefined ? {} : { browser }) };
}
