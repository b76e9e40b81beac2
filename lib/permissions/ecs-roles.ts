import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Permission } from './allow.ts';

/** ARNs of what is in the cluster. */
export function arnInCluster(
  scope: IConstruct,
  kind: 'container-instance' | 'task',
  cluster: string,
): string {
  return Stack.of(scope).formatArn({ service: 'ecs', resource: kind, resourceName: `${cluster}/*` });
}

export function clusterArn(scope: IConstruct, cluster: string): string {
  return Stack.of(scope).formatArn({ service: 'ecs', resource: 'cluster', resourceName: cluster });
}

/** Of the machines: what the ECS agent needs, and nothing of what workbenches do. */
export function agentPermissions(scope: IConstruct, cluster: string): readonly Permission[] {
  return [
    {
      sid: 'DiscoverEcs',
      actions: ['ecs:DiscoverPollEndpoint'],
      resources: ['*'],
      why: 'The agent asks where it is to report.',
      anyResource: 'It knows no resources.',
    },
    {
      sid: 'JoinCluster',
      actions: [
        'ecs:RegisterContainerInstance',
        'ecs:DeregisterContainerInstance',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
        'ecs:SubmitAttachmentStateChanges',
      ],
      resources: [clusterArn(scope, cluster)],
      why: 'Registers itself, and tells what becomes of tasks.',
    },
    {
      sid: 'PollTasks',
      actions: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
      resources: [arnInCluster(scope, 'container-instance', cluster)],
      conditions: { ArnEquals: { 'ecs:cluster': clusterArn(scope, cluster) } },
      why: 'Is told what to run; drains itself when a spot machine is taken back.',
    },
  ];
}

/** Of ECS, for the tasks: the image and the logs. */
export function executionPermissions(repositoryArn: string, logGroupArn: string): readonly Permission[] {
  return [
    {
      sid: 'LogInToEcr',
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
      why: 'Pulls the image.',
      anyResource: 'A login is to the registry as a whole.',
    },
    {
      sid: 'PullImage',
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [repositoryArn],
      why: 'Pulls the image.',
    },
    {
      sid: 'WriteWorkbenchLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
      why: 'Keeps what workbenches print.',
    },
  ];
}
