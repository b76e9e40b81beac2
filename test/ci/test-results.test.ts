import { expect, test } from 'vitest';
import {
  formatFailures,
  formatSum,
  listFailedFiles,
  type RunnerReport,
  replaceResults,
  sumReports,
} from '#ci/test-results.ts';

const passed = {
  name: '/project/test/a.test.ts',
  status: 'passed',
  message: '',
  assertionResults: [{ status: 'passed', fullName: 'adds two numbers' }],
};

const FILE = '/project/test/a.test.ts';

/** Returns the report of one file with these tests. */
function report(passedTests: number, failedTests: number, skippedTests: number, name = FILE): RunnerReport {
  const tests = (count: number, status: string) =>
    Array.from({ length: count }, (_, n) => ({ status, fullName: `${status} ${n}` }));
  const assertionResults = [
    ...tests(passedTests, 'passed'),
    ...tests(failedTests, 'failed'),
    ...tests(skippedTests, 'skipped'),
  ];
  const status = failedTests === 0 ? 'passed' : 'failed';
  return { testResults: [{ name, status, message: '', assertionResults }] };
}

test('adds up the reports', () => {
  const sum = sumReports([report(12, 1, 0), report(3, 0, 2, '/project/test/b.test.ts')]);
  expect(sum).toEqual({ passed: 15, failed: 1, skipped: 2 });
  expect(formatSum(sum)).toBe('15 passed, 1 failed, 2 skipped');
});

test('omits skipped tests if there are none', () => {
  expect(formatSum(sumReports([report(2, 0, 0)]))).toBe('2 passed, 0 failed');
});

test('counts the tests of a file in two reports once, and each failure', () => {
  expect(sumReports([report(5, 0, 1), report(5, 0, 1)])).toEqual({ passed: 5, failed: 0, skipped: 1 });
  expect(sumReports([report(4, 1, 0), report(5, 0, 0)])).toEqual({ passed: 4, failed: 1, skipped: 0 });
  expect(sumReports([report(5, 0, 0), report(3, 2, 0)])).toEqual({ passed: 3, failed: 2, skipped: 0 });
});

test('counts a test file that failed to load, or in a hook, as one failure', () => {
  const broken = { name: '/project/test/b.test.ts', status: 'failed', message: 'Cannot find ./b.ts' };
  const unreadable = { testResults: [...report(5, 0, 0).testResults, { ...broken, assertionResults: [] }] };
  expect(sumReports([unreadable])).toEqual({ passed: 5, failed: 1, skipped: 0 });
  const skipped = { status: 'skipped', fullName: 'adds two numbers' };
  const failedHook = { testResults: [{ ...broken, assertionResults: [skipped] }] };
  expect(sumReports([failedHook])).toEqual({ passed: 0, failed: 1, skipped: 1 });
  expect(formatFailures([unreadable])).toBe('FAILED /project/test/b.test.ts\n  Cannot find ./b.ts');
});

test('names each failed test with the first lines of its error', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const withFailure: RunnerReport = {
    testResults: [
      {
        ...passed,
        status: 'failed',
        assertionResults: [
          ...passed.assertionResults,
          { status: 'failed', fullName: 'adds three numbers', failureMessages: [lines.join('\n')] },
        ],
      },
    ],
  };
  expect(formatFailures([report(3, 0, 0), withFailure]).split('\n')).toEqual([
    'FAILED /project/test/a.test.ts: adds three numbers',
    ...lines.slice(0, 20).map((line) => `  ${line}`),
  ]);
  expect(formatFailures([report(3, 0, 0)])).toBe('');
});

test('a second run replaces the results of its files, and its passed tests count once', () => {
  const failed = { status: 'failed', fullName: 'adds three numbers', failureMessages: ['timeout'] };
  const flaky = { ...passed, name: '/project/test/b.test.ts', status: 'failed', assertionResults: [failed] };
  const first: RunnerReport = { testResults: [passed, flaky] };
  expect(listFailedFiles(first)).toEqual(['/project/test/b.test.ts']);
  expect(formatFailures([first], 'FLAKY')).toBe(
    'FLAKY /project/test/b.test.ts: adds three numbers\n  timeout',
  );
  const again = { ...flaky, status: 'passed', assertionResults: [{ ...failed, status: 'passed' }] };
  const merged = replaceResults(first, { testResults: [again] });
  expect(sumReports([merged])).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(listFailedFiles(merged)).toEqual([]);
});
