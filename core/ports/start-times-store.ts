/** `first`: of a new workbench, whose files are created. `later`: of one that has run before. */
export const START_KINDS = ['first', 'later'] as const;
export type StartKind = (typeof START_KINDS)[number];

/** What the duration of a start depends on. */
export interface StartGroup {
  readonly kind: StartKind;
  /** The instance type of a dedicated instance; absent on shared instances. */
  readonly instanceType?: string;
}

export interface CompletedStart extends StartGroup {
  /** From the request until the workbench was ready, milliseconds. */
  readonly tookMs: number;
  /** When it was ready, milliseconds since 1970. */
  readonly at: number;
}

/** How many starts of a group took how long. */
export interface StartTimes extends StartGroup {
  /** The index of a bucket (`bucketOf` in core/workbench/start-times.ts) → number of starts. */
  readonly counts: ReadonlyMap<number, number>;
}

/** Starts are counted per week, so that old ones can be left out. Milliseconds. */
export const START_TIMES_SPAN_MS = 7 * 24 * 60 * 60 * 1000;
/** How long the counts of a week are kept after it began, milliseconds. */
export const START_TIMES_RETENTION_MS = 8 * START_TIMES_SPAN_MS;

/**
 * Counts of completed starts by their duration. A count is a fact for people: a call that is repeated may count a start twice, and a
 * failed one is not repeated. All methods throw PortError.
 */
export interface StartTimesStore {
  /** Counts a start, by one write. @param bucket of its duration */
  add(start: CompletedStart, bucket: number): Promise<void>;
  /**
   * The counts of the weeks that begin at `from` (milliseconds since 1970) or later, one entry for each group. Eventually consistent.
   */
  list(from: number): Promise<readonly StartTimes[]>;
}
