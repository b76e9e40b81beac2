/** What is used of a report of vitest's JSON reporter. */
export interface RunnerReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Skipped ones. */
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

/** A file that could not be read as one of tests has none that could fail: it counts as one. */
function countFailedFiles({ testResults }: RunnerReport): number {
  return testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
}

export function formatSum({ passed, failed, skipped }: TestSum): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
