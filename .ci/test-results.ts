/** The fields of vitest's JSON report that are used here. */
export interface RunnerReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Skipped tests. */
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

export interface TestSum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function sumReports(reports: readonly RunnerReport[]): TestSum {
  const total = (count: (report: RunnerReport) => number) =>
    reports.reduce((sum, report) => sum + count(report), 0);
  return {
    passed: total((report) => report.numPassedTests),
    failed: total((report) => report.numFailedTests + countFailedFiles(report)),
    skipped: total((report) => report.numPendingTests + report.numTodoTests),
  };
}

/** A test file that fails to load has no tests; it counts as one failure. */
function countFailedFiles({ testResults }: RunnerReport): number {
  return testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
}

export function formatSum({ passed, failed, skipped }: TestSum): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
