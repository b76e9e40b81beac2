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

/**
 * Returns the failed tests and files, each with the first lines of its error. Empty if none failed.
 * @param word the start of each line that names a test
 */
export function formatFailures(reports: readonly RunnerReport[], word = 'FAILED'): string {
  return reports
    .flatMap(({ testResults }) => testResults)
    .flatMap((file) => [
      ...(failedOutsideTests(file) ? [formatFailure(word, file.name, file.message)] : []),
      ...file.assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages = [] }) =>
          formatFailure(word, `${file.name}: ${fullName}`, failureMessages.join('\n')),
        ),
    ])
    .join('\n');
}

/** Returns the paths of the test files with a failure. */
export function listFailedFiles({ testResults }: RunnerReport): readonly string[] {
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

/** Returns the report of a first run with the results of a second run in place of the same files. */
export function replaceResults(first: RunnerReport, second: RunnerReport): RunnerReport {
  const repeated = new Set(second.testResults.map(({ name }) => name));
  const replaced = first.testResults.filter(({ name }) => repeated.has(name));
  const count = (status: string) =>
    replaced.flatMap((file) => file.assertionResults).filter((result) => result.status === status).length;
  return {
    numPassedTests: first.numPassedTests - count('passed') + second.numPassedTests,
    numFailedTests: first.numFailedTests - count('failed') + second.numFailedTests,
    numPendingTests: first.numPendingTests - count('pending') - count('skipped') + second.numPendingTests,
    numTodoTests: first.numTodoTests - count('todo') + second.numTodoTests,
    testResults: [...first.testResults.filter(({ name }) => !repeated.has(name)), ...second.testResults],
  };
}

function formatFailure(word: string, title: string, message: string): string {
  const lines = message.split('\n').slice(0, LINES_SHOWN);
  return [`${word} ${title}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

export function formatSum({ passed, failed, skipped }: TestSum): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
