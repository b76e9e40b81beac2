import { expect, it } from 'vitest';
import { SendChecks } from './send-checks.ts';

const SECOND = 1000;

it('a call within 30 s of the read of the record violates no rule, a later one does', () => {
  const checks = new SendChecks();
  checks.checkCall('drive#1', 'workbenches.update', 0);
  checks.checkCall('drive#1', 'DescribeTaskDefinition', 60 * SECOND);
  checks.checkCall('drive#1', 'RunTask', 30 * SECOND);
  expect(() => checks.checkCall('drive#1', 'RunTask', 31 * SECOND)).toThrow(
    'drive#1 sent RunTask 31 s after',
  );
});

it('a function that reads the record again may send, another function and a call that is always right may, too', () => {
  const checks = new SendChecks();
  checks.checkCall('drive-host#1', 'workbenches.read', 0);
  checks.checkCall('drive-host#1', 'StopTask', 60 * SECOND);
  checks.checkCall('sweep-cluster#2', 'TerminateInstances', 60 * SECOND);
  checks.checkCall('drive-host#1', 'workbenches.read', 60 * SECOND);
  checks.checkCall('drive-host#1', 'StopInstances', 70 * SECOND);
  expect(() => checks.checkCall('drive-host#1', 'StopInstances', 100 * SECOND)).toThrow('StopInstances');
});
