import { expect, test } from 'vitest';
import { formatSum, sumReports } from '#ci/test-results.ts';

const passed = { status: 'passed', assertionResults: [{}] };

function report(numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests = 0) {
  return { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults: [passed] };
}

test('adds up the reports', () => {
  const sum = sumReports([report(12, 1, 0), report(3, 0, 2, 1)]);
  expect(sum).toEqual({ passed: 15, failed: 1, skipped: 3 });
  expect(formatSum(sum)).toBe('15 passed, 1 failed, 3 skipped');
});

test('omits skipped tests if there are none', () => {
  expect(formatSum(sumReports([report(2, 0, 0)]))).toBe('2 passed, 0 failed');
});

test('counts a test file that failed to load as one failure', () => {
  const unreadable = {
    ...report(5, 0, 0),
    testResults: [passed, { status: 'failed', assertionResults: [] }],
  };
  expect(sumReports([unreadable])).toEqual({ passed: 5, failed: 1, skipped: 0 });
});
