/** Whose output is read. */
export interface LoggedRun {
  readonly workbenchId: string;
  readonly taskId: string;
  /** Absent once the run has ended. */
  readonly runId?: string;
}

export interface LogLine {
  /** Without its line break. At most LOG_LINE_MAX_BYTES of UTF-8; the rest of a longer line follows as further lines, or is left out. */
  readonly text: string;
  /** Milliseconds since 1970; absent if it is not known. */
  readonly at?: number;
}

export interface LogPage {
  /** From older to newer. */
  readonly lines: readonly LogLine[];
  /** The `after` of the next page, at most LOG_POSITION_MAX characters. Also on the last page: more output may follow. */
  readonly next: string;
}

export interface LogPageRequest {
  /** 1 to LOG_LINES_MAX. */
  readonly limit: number;
  /** The `next` of an earlier page of this run; the page follows it. @default the oldest line that is kept */
  readonly after?: string;
  /** Without `after`: the page has the newest lines instead of the oldest ones. */
  readonly newest?: boolean;
}

/** The most lines in a page. */
export const LOG_LINES_MAX = 1_000;
export const LOG_LINE_MAX_BYTES = 4_096;
/** CloudWatch does not limit its tokens in writing; they have about 60 characters. */
export const LOG_POSITION_MAX = 256;

/**
 * The output of runs, as it is kept: in local mode the last megabytes of the last runs, on AWS what CloudWatch Logs has for the
 * retention of its log group.
 *
 * - Output appears in the order in which it was written, each line once, however it is divided into pages. It may appear some
 *   seconds after it was written.
 * - A page without lines means that there is no further output at present.
 * - A line appears when its line break was written, or when the run has ended.
 * - If output after a position is no longer kept, the next page begins with the oldest line that is. The same holds for a
 *   position that this store has not returned.
 * - A run without output, or whose output is not kept, has no lines.
 *
 * @throws PortError
 */
export interface RunLogReader {
  readLog(run: LoggedRun, page: LogPageRequest): Promise<LogPage>;
}
