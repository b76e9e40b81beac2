import { App, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { PermissionContext } from '#lib/permissions/permission-context.ts';

/** Returns a context with names instead of ARNs, so that permissions are readable. */
export function anyPermissionContext(): PermissionContext {
  const stack = new Stack(new App(), 'some');
  const queue = (name: string) =>
    Queue.fromQueueArn(stack, name, `arn:aws:sqs:us-west-1:123456789012:${name}`);
  return {
    scope: stack,
    installation: 'workbench-some',
    table: 'table',
    queues: { work: queue('work'), host: queue('host'), delete: queue('delete') },
    cluster: 'workbench-some',
    workbenchLogs: '/workbench-some/workbenches',
    taskRole: 'task-role',
    executionRole: 'execution-role',
    instanceRole: 'instance-role',
    fileSystems: ['file-system'],
    janitors: ['janitor'],
    launchTemplates: ['lt-1'],
    hostSubnets: ['subnet-1'],
    hostSecurityGroup: 'sg-1',
    hostInstanceTypes: ['m6i.large'],
    secret: 'secret',
    secretKey: 'key',
    runKeys: 'run-keys',
  };
}
