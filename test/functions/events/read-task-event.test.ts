import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTaskEvent } from '#functions/events/read-task-event.ts';
import { pullFailedEvent, runningEvent, stoppedEvent, USER, WORKBENCH } from './task-events.ts';

const settings = { WB_CONTAINER_PORT: 8080 };
const read = (event: unknown) => readTaskEvent(event, settings);

describe('readTaskEvent', () => {
  it('returns the observation of a running task', () => {
    expect(read(runningEvent())).toEqual({
      taskId: '0f1e2d3c4b5a',
      userId: USER,
      workbenchId: WORKBENCH,
      runId: '7t2mzq4v9r6ehbnc',
      attempt: 2,
      version: 5,
      createdAt: Date.parse('2030-01-01T09:00:01.200Z'),
      status: 'running',
      endpoint: 'http://10.0.3.17:8080',
      containerInstance: 'arn:aws:ecs:eu-central-1:111122223333:container-instance/workbenches/9a8b7c6d5e4f',
      provider: 'medium',
      instance: 'connected',
    });
  });

  it('reports a task that waits for capacity', () => {
    const { containerInstanceArn: _arn, attachments: _none, ...waiting } = runningEvent().detail;
    const task = read(
      runningEvent({
        ...waiting,
        containerInstanceArn: undefined,
        attachments: [],
        lastStatus: 'PROVISIONING',
      }),
    );
    expect(task).toMatchObject({ status: 'provisioning', detail: 'capacity' });
    expect(task).not.toHaveProperty('endpoint');
    expect(task).not.toHaveProperty('instance');
  });

  it.each([
    ['PROVISIONING', 'provisioning'],
    ['PENDING', 'pending'],
    ['ACTIVATING', 'pending'],
    ['RUNNING', 'running'],
    ['DEACTIVATING', 'stopping'],
    ['STOPPING', 'stopping'],
    ['DEPROVISIONING', 'stopping'],
    ['STOPPED', 'stopped'],
    ['DELETED', 'stopped'],
  ])('maps %s to %s', (lastStatus, status) => {
    expect(read(runningEvent({ lastStatus }))?.status).toBe(status);
  });

  it('reports whether the agent is connected', () => {
    expect(read(runningEvent({ connectivity: 'DISCONNECTED' }))?.instance).toBe('disconnected');
    expect(read(runningEvent({ connectivity: undefined }))).not.toHaveProperty('instance');
  });

  it('does not believe ECS that an instance has ended, because EC2 may still be stopping it', () => {
    const stoppedReason = 'Host EC2 (instance i-0123456789abcdef0) terminated.';
    const task = read(stoppedEvent({ stopCode: 'TerminationNotice', stoppedReason }));
    expect(task).toMatchObject({
      instance: 'unknown',
      stop: { code: 'instance_lost', message: `${stoppedReason} Start the workbench again.` },
    });
  });

  it.each<[string, string, string | undefined, readonly Record<string, unknown>[]]>([
    ['connected', 'an exit code', 'CONNECTED', [{ name: 'workbench', exitCode: 137 }, { name: 'ready' }]],
    ['connected', 'a reason', 'CONNECTED', [{ name: 'workbench', reason: 'CannotPullContainerError: x' }]],
    ['disconnected', 'an exit code', 'DISCONNECTED', [{ name: 'workbench', exitCode: 0 }]],
    ['unknown', 'nothing', 'CONNECTED', [{ name: 'workbench' }, { name: 'ready' }]],
    ['unknown', 'an empty reason', 'CONNECTED', [{ name: 'workbench', reason: '' }]],
    [
      'unknown',
      'nothing, but another has exited',
      'CONNECTED',
      [{ name: 'workbench' }, { name: 'ready', exitCode: 1 }],
    ],
    ['unknown', 'nothing', 'DISCONNECTED', [{ name: 'workbench' }]],
    ['unknown', 'an exit code, without a connectivity', undefined, [{ name: 'workbench', exitCode: 0 }]],
    ['connected', 'an exit code, without names', 'CONNECTED', [{ exitCode: 0 }]],
    ['unknown', 'no containers', 'CONNECTED', []],
  ])('reports %s for a stopped task whose container has %s (%s)', (instance, _, connectivity, containers) => {
    expect(read(stoppedEvent({ containers, connectivity }))?.instance).toBe(instance);
  });

  it('reports no instance for a stopped task that was never placed', () => {
    const task = read(stoppedEvent({ containers: [], containerInstanceArn: undefined }));
    expect(task).not.toHaveProperty('instance');
  });

  it('ignores the stop reason of a user that looks like a terminated instance', () => {
    const stoppedReason = 'Host EC2 (instance i-0123456789abcdef0) terminated.';
    const task = read(stoppedEvent({ stopCode: 'UserInitiated', stoppedReason }));
    expect(task).toMatchObject({ instance: 'connected', stop: { code: 'requested' } });
  });

  it('returns the reason of the container for an image that could not be pulled', () => {
    expect(read(pullFailedEvent())).toMatchObject({
      status: 'stopped',
      stop: {
        code: 'image_pull_failed',
        message: 'pull access denied for h1st/workbench, repository does not exist',
      },
    });
  });

  it.each([
    [{ source: 'custom.ecs' }],
    [{ 'detail-type': 'ECS Container Instance State Change' }],
    [{ detail: undefined }],
    [{ detail: { ...runningEvent().detail, version: 'new' } }],
    [{ detail: { ...runningEvent().detail, taskArn: '' } }],
  ])('ignores other events (%#)', (change) => {
    expect(read({ ...runningEvent(), ...change })).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['a service', { group: 'service:web', startedBy: 'ecs-svc/2770844949256052681' }],
    ['a family', { group: 'family:web' }],
    ['no group', { group: undefined }],
    ['an invalid workbench id', { group: 'workbench/../other' }],
    ['no user', { startedBy: undefined }],
    ['an empty user', { startedBy: '' }],
    ['a user that is not base64url', { startedBy: 'a+b/c=' }],
    ['a user that is not UTF-8', { startedBy: Buffer.from([0xff]).toString('base64url') }],
    ['a user with control characters', { startedBy: Buffer.from('a\n').toString('base64url') }],
    ['no run', { overrides: { containerOverrides: [{ name: 'workbench' }] } }],
    [
      'no attempt',
      { overrides: { containerOverrides: [{ environment: [{ name: 'WB_RUN_ID', value: 'x' }] }] } },
    ],
    ['attempt 0', override('0')],
    ['an attempt that is not a number', override('two')],
    ['no overrides', { overrides: undefined }],
    ['an unknown status', { lastStatus: 'HIBERNATING' }],
    ['a property of Object.prototype as status', { lastStatus: 'constructor' }],
  ])('ignores an event with %s', (_, change) => {
    expect(read(runningEvent(change))).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (event) => void read(event)));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(stoppedEvent().detail)), fc.anything()),
        (change) => {
          read(stoppedEvent(change));
        },
      ),
    );
  });
});

function override(attempt: string) {
  const environment = [
    { name: 'WB_RUN_ID', value: 'x' },
    { name: 'WB_RUN_ATTEMPT', value: attempt },
  ];
  return { overrides: { containerOverrides: [{ environment }] } };
}
