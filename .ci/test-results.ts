/** The fields of vitest's JSON report that are used here. */
export interface RunnerReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Skipped tests. */
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    /** Absolute path of the test file. */
    readonly name: string;
    readonly status: string;
    /** Why the file failed outside of its tests. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Lines of an error that `formatFailures` shows. */
const LINES_SHOWN = 20;

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

/** A test file that fails outside of its tests, while it loads or in a hook, counts as one failure. */
function countFailedFiles({ testResults }: RunnerReport): number {
  return testResults.filter(failedOutsideTests).length;
}

function failedOutsideTests({ status, assertionResults }: RunnerReport['testResults'][number]): boolean {
  return status === 'failed' && assertionResults.every(({ status: result }) => result !== 'failed');
}

/** Returns the failed tests and files, each with the first lines of its error. Empty if none failed. */
export function formatFailures(reports: readonly RunnerReport[]): string {
  return reports
    .flatMap(({ testResults }) => testResults)
    .flatMap((file) => [
      ...(failedOutsideTests(file) ? [formatFailure(file.name, file.message)] : []),
      ...file.assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages = [] }) =>
          formatFailure(`${file.name}: ${fullName}`, failureMessages.join('\n')),
        ),
    ])
    .join('\n');
}

function formatFailure(title: string, message: string): string {
  const lines = message.split('\n').slice(0, LINES_SHOWN);
  return [`FAILED ${title}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

export function formatSum({ passed, failed, skipped }: TestSum): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
