import { describe, expect, it } from 'vitest';
import { toStopReason } from '#adapters/aws/ecs/stop-reasons.ts';
import { REASONS } from '#core/workbench/reasons.ts';
import type { StopDetails } from '#test/simulation/world/ecs/types.ts';
import { hostEnded, TASK_REASONS } from '#test/simulation/world/reasons.ts';

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
    [
      'TaskFailedToStart',
      'Task failed to start',
      'CannotStartContainerError: amazon-ecs-volume-plugin: no such volume',
      'storage_failed',
    ],
    ['TaskFailedToStart', 'RESOURCE:MEMORY', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'RESOURCE:ENI', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'NO ACTIVE INSTANCES', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'EMPTY CAPACITY PROVIDER', undefined, 'no_capacity'],
    ['TaskFailedToStart', 'AGENT', undefined, 'no_capacity'],
    ['SpotInterruption', 'Your Spot Task was interrupted.', undefined, 'spot_interrupted'],
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

  const HINT = 'The image has the mount point with another owner: see image:push.';

  it.each<[keyof typeof TASK_REASONS, string, string]>([
    ['imagePullFails', 'image_pull_failed', 'pull image manifest has been retried 5 time(s)'],
    ['pullUnauthorized', 'image_pull_failed', 'Error response from daemon: no basic auth credentials'],
    ['pullTimesOut', 'image_pull_failed', 'Could not transition to pulled; timed out after waiting 2h0m0s'],
    [
      'pullThrottled',
      'image_pull_failed',
      'pull image manifest has been retried 5 time(s): toomanyrequests: Rate',
    ],
    [
      'registryUnreachable',
      'image_pull_failed',
      'failed to resolve reference: dial tcp: lookup registry.example',
    ],
    ['mountRefused', 'storage_failed', 'Error response from daemon: error while mounting volume'],
    [
      'mountTimesOut',
      'storage_failed',
      'Error response from daemon: VolumeDriver.Get: context deadline exceeded',
    ],
    ['mountTooSlow', 'storage_failed', 'Error response from daemon: error while mounting volume'],
    ['mountPointOwned', 'storage_failed', `${HINT} Error response from daemon: failed to chown`],
    ['diskFull', 'start_refused', 'Error response from daemon: mkdir /var/lib/docker/overlay2/'],
    ['interfaceTimesOut', 'start_refused', 'Timeout waiting for network interface provisioning to complete.'],
    ['interfaceIndexUsed', 'start_refused', 'Unable to attach network interface to unused device index'],
    ['spotInterrupted', 'spot_interrupted', 'Your Spot Task was interrupted.'],
    ['outOfMemory', 'out_of_memory', 'Container killed due to memory usage'],
  ])('of the simulated world named %s is %s and names the cause', (name, code, beginning) => {
    const { containerReason, ...stop }: StopDetails = TASK_REASONS[name];
    const containers = [{ name: 'workbench', reason: containerReason }, { name: 'ready' }];
    const { code: actual, message } = toStopReason({ ...stop, containers });
    expect(actual).toBe(code);
    expect(message.startsWith(beginning), message).toBe(true);
    expect(message.length).toBeGreaterThanOrEqual(beginning.length);
  });

  it('is that of the container if it is unknown and the reason of the task is generic', () => {
    const containers = [{ name: 'workbench', reason: 'CannotCreateContainerError: something new' }];
    for (const stoppedReason of ['Task failed to start', '', undefined])
      expect(toStopReason({ stopCode: 'TaskFailedToStart', stoppedReason, containers })).toMatchObject({
        code: 'start_refused',
        message: 'something new',
      });
  });

  it('is never the generic text', () => {
    const stop = { stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', containers: [] };
    expect(toStopReason(stop).message).toBe(REASONS.start_refused);
  });

  it('is not taken from the container that waits for the workbench', () => {
    const waiting = { name: 'ready', reason: 'CannotPullContainerError: toomanyrequests', exitCode: 1 };
    const stop = {
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
    };
    expect(toStopReason({ ...stop, containers: [waiting, { name: 'workbench', exitCode: 3 }] })).toEqual({
      code: 'exited',
      message: 'The main process exited with code 3.',
    });
  });

  it('says why a volume could not be mounted although the plugin names only its folder', () => {
    const reason = 'CannotStartContainerError: open /var/lib/ecs/volumes/x: permission denied';
    const stop = {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containers: [{ reason }],
    };
    expect(toStopReason(stop)).toMatchObject({
      code: 'storage_failed',
      message: 'open /var/lib/ecs/volumes/x: permission denied',
    });
  });

  it.each<[boolean, string, Parameters<typeof toStopReason>[0]]>([
    [true, 'the image cannot be pulled', { ...TASK_REASONS.pullThrottled, containers: [] }],
    [true, 'the volume cannot be mounted', withContainer(TASK_REASONS.mountTimesOut)],
    [true, 'it gets no network interface', { ...TASK_REASONS.interfaceTimesOut, containers: [] }],
    [true, 'its spot instance is taken back', { ...TASK_REASONS.spotInterrupted, containers: [] }],
    [true, 'its instance ends', { ...hostEnded('i-1', 'terminated'), containers: [] }],
    [true, 'ECS explains nothing', { containers: [] }],
    [false, 'the image owns the mount point', withContainer(TASK_REASONS.mountPointOwned)],
    [
      false,
      'there is no capacity',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'RESOURCE:MEMORY', containers: [] },
    ],
    [false, 'its program exits', { stopCode: 'EssentialContainerExited', containers: [{ exitCode: 1 }] }],
    [false, 'its program is killed', withContainer(TASK_REASONS.outOfMemory)],
    [false, 'a stop is requested', { stopCode: 'UserInitiated', containers: [] }],
    [false, 'the stop code is unknown', { stopCode: 'NewStopCode', containers: [] }],
  ])('allows a retry: %s, if %s before the task runs', (retryable, _, stop) => {
    expect(toStopReason(stop).retryable).toBe(retryable ? true : undefined);
    expect(toStopReason({ ...stop, startedAt: new Date() })).not.toHaveProperty('retryable');
  });

  describe('of a program that exits before its task is RUNNING', () => {
    const DEPENDENCY_ENDED =
      'CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [workbench (STOPPED->RUNNING) - Exit: 3] for target [ready (NONE->RUNNING)]';
    const failedToStart = (exitCode: number, ready = {}, stoppedReason = 'Task failed to start') =>
      toStopReason({
        stopCode: 'TaskFailedToStart',
        stoppedReason,
        containers: [
          { name: 'ready', ...ready },
          { name: 'workbench', exitCode },
        ],
      });

    it.each([0, 1, 3, 127, 139])('is its exit code %i, and another task would fail too', (exitCode) => {
      const expected = { code: 'exited', message: `The main process exited with code ${exitCode}.` };
      expect(failedToStart(exitCode)).toEqual(expected);
      expect(failedToStart(exitCode, { exitCode: 143, reason: DEPENDENCY_ENDED })).toEqual(expected);
      expect(failedToStart(exitCode, {}, DEPENDENCY_ENDED)).toEqual(expected);
    });

    it.each<[string, number, object?, string?]>([
      ['exited after SIGKILL', 137],
      ['exited after SIGTERM', 143],
      ['was stopped because of the other one', 0, { reason: 'CannotPullContainerError: toomanyrequests' }],
      ['was stopped for a reason of its task', 0, {}, 'Something new'],
    ])('is not exited if its container %s', (_, ...stop) => {
      expect(failedToStart(...stop)).toMatchObject({ code: 'start_refused', retryable: true });
    });

    it('is out_of_memory if the kernel has killed it, and another task would fail too', () => {
      const { containerReason: reason } = TASK_REASONS.outOfMemory;
      const containers = [{ name: 'workbench', exitCode: 137, reason }];
      expect(toStopReason({ stopCode: 'TaskFailedToStart', containers })).toEqual({
        code: 'out_of_memory',
        message: 'Container killed due to memory usage',
      });
    });
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

function withContainer({ containerReason, ...stop }: StopDetails) {
  return { ...stop, containers: [{ name: 'workbench', reason: containerReason }] };
}
