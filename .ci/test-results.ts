/** The fields of vitest's JSON report that are used here. */
export interface RunnerReport {
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  /** Absolute path of the test file. */
  readonly name: string;
  readonly status: string;
  /** Why the file failed outside of its tests. */
  readonly message: string;
  readonly assertionResults: readonly {
    /** Tests that are not `passed` or `failed` were skipped. */
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[];
  }[];
}

/** Lines of an error that `formatFailures` shows. */
const LINES_SHOWN = 20;

export interface TestSum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Adds up the tests of the reports. The tests of a file that two steps ran, as the default lane and the full lane, count
 * once, but each of their failures counts. A test file that fails outside of its tests, while it loads or in a hook, counts as
 * one failure.
 */
export function sumReports(reports: readonly RunnerReport[]): TestSum {
  const files = Map.groupBy(
    reports.flatMap(({ testResults }) => testResults),
    ({ name }) => name,
  );
  const sums = [...files.values()].map((runs) => {
    const counts = runs.map(countTests);
    return {
      passed: Math.min(...counts.map(({ passed }) => passed)),
      failed: counts.reduce((sum, { failed }) => sum + failed, 0),
      skipped: Math.min(...counts.map(({ skipped }) => skipped)),
    };
  });
  const total = (count: (sum: TestSum) => number) => sums.reduce((sum, one) => sum + count(one), 0);
  return {
    passed: total(({ passed }) => passed),
    failed: total(({ failed }) => failed),
    skipped: total(({ skipped }) => skipped),
  };
}

function countTests(file: FileResult): TestSum {
  const withStatus = (expected: string) =>
    file.assertionResults.filter(({ status }) => status === expected).length;
  const [passed, failed] = [withStatus('passed'), withStatus('failed')];
  return {
    passed,
    failed: failed + (failedOutsideTests(file) ? 1 : 0),
    skipped: file.assertionResults.length - passed - failed,
  };
}

function failedOutsideTests({ status, assertionResults }: FileResult): boolean {
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
  return {
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
