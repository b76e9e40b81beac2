import { describe, expect, it } from 'vitest';
import { toStopReason } from '#adapters/aws/ecs/stop-reasons.ts';

describe('the stop reason of a task', () => {
  it.each([
    ['EssentialContainerExited', 'Essential container in task exited', undefined, 'exited'],
    [
      'EssentialContainerExited',
      'Essential container in task exited',
      'OutOfMemoryError: Container killed due to memory usage',
      'out_of_memory',
    ],
    [
      'TaskFailedToStart',
      'Task failed to start',
      'CannotPullContainerError: manifest unknown',
      'image_pull_failed',
    ],
    ['TaskFailedToStart', 'CannotPullECRContainerError: AccessDenied', undefined, 'image_pull_failed'],
    ['TaskFailedToStart', 'CannotPullImageManifestError: timed out', undefined, 'image_pull_failed'],
    ['TaskFailedToStart', 'CannotCreateVolumeError: mount failed', undefined, 'storage_failed'],
    [
      'TaskFailedToStart',
      'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: timed out',
      undefined,
      'storage_failed',
    ],
    [
      'TaskFailedToStart',
      'ResourceInitializationError: unable to pull secrets or registry auth',
      undefined,
      'start_refused',
    ],
    ['TaskFailedToStart', 'DockerTimeoutError: Could not transition to created', undefined, 'start_refused'],
    ['TaskFailedToStart', 'RESOURCE:MEMORY', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'RESOURCE:ENI', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'NO ACTIVE INSTANCES', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'EMPTY CAPACITY PROVIDER', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'AGENT', undefined, 'no_capacity'],
    ['SpotInterruption', 'Your Spot Task was interrupted.', undefined, 'instance_lost'],
    ['TerminationNotice', 'Host EC2 (instance i-1) stopped.', undefined, 'instance_lost'],
    [undefined, 'Host EC2 (instance i-1) stopped.', undefined, 'instance_lost'],
    ['InfrastructureHealth', undefined, undefined, 'instance_lost'],
    ['UserInitiated', 'stopped by the controller', undefined, 'requested'],
    ['UserInitiated', 'stopped by the controller', 'OutOfMemoryError: killed', 'requested'],
    ['UserInitiated', undefined, undefined, 'requested'],
    ['ServiceSchedulerInitiated', 'Scaling activity', undefined, 'requested'],
    ['NewStopCode', 'Something new', undefined, 'task_lost'],
    ['NewStopCode', 'CannotPullContainerError: x', undefined, 'image_pull_failed'],
    [undefined, undefined, undefined, 'task_lost'],
    ['toString', undefined, undefined, 'task_lost'],
  ])('for stop code %s, reason %s and container reason %s is %s', (stopCode, stoppedReason, reason, code) => {
    const stop = toStopReason({ stopCode, stoppedReason, containers: [{}, { reason }] });
    expect(stop.code).toBe(code);
    expect(stop.message).not.toBe('');
  });

  it('contains the exit code of the main process', () => {
    const stop = { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 3 }, { exitCode: 137 }] };
    expect(toStopReason(stop)).toEqual({
      code: 'exited',
      message: 'The main process exited with code 3.',
    });
  });

  it('is truncated to 500 characters', () => {
    const stoppedReason = `CannotPullContainerError: ${'x'.repeat(5000)}`;
    expect(
      toStopReason({ stopCode: 'TaskFailedToStart', stoppedReason, containers: [] }).message,
    ).toHaveLength(500);
  });
});
