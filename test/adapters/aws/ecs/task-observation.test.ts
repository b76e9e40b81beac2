import { describe, expect, it } from 'vitest';
import {
  groupOf,
  RUN_ATTEMPT_VARIABLE,
  RUN_ID_VARIABLE,
  startedByOf,
} from '#adapters/aws/ecs/task-identity.ts';
import { parseTaskObservation } from '#adapters/aws/ecs/task-observation.ts';

/** A task that the controller has started, as DescribeTasks returns it. */
function aTask(containers: readonly { name: string; healthStatus?: string }[]) {
  return {
    taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/cluster/0123456789abcdef',
    version: 3,
    lastStatus: 'RUNNING',
    connectivity: 'CONNECTED',
    containerInstanceArn: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/cluster/ci',
    containers,
    group: groupOf('wid'),
    startedBy: startedByOf('ada'),
    overrides: {
      containerOverrides: [
        {
          environment: [
            { name: RUN_ID_VARIABLE, value: 'run-1' },
            { name: RUN_ATTEMPT_VARIABLE, value: '1' },
          ],
        },
      ],
    },
  };
}

describe('the observation of a task', () => {
  it('is unhealthy if the health check of the workbench fails, and only then', () => {
    const observe = (healthStatus?: string) =>
      parseTaskObservation(aTask([{ name: 'workbench', ...(healthStatus && { healthStatus }) }]), 8080);
    expect(observe('UNHEALTHY')).toMatchObject({ status: 'running', unhealthy: true });
    for (const healthStatus of ['HEALTHY', 'UNKNOWN', undefined])
      expect(observe(healthStatus)).not.toHaveProperty('unhealthy');
  });

  it('is healthy although the container beside the workbench is not', () => {
    const task = aTask([
      { name: 'workbench', healthStatus: 'HEALTHY' },
      { name: 'readiness', healthStatus: 'UNHEALTHY' },
    ]);
    expect(parseTaskObservation(task, 8080)).not.toHaveProperty('unhealthy');
  });
});
