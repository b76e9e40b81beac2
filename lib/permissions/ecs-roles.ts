import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Permission } from './allow.ts';

/** Returns the ARN pattern of all resources of one type in the cluster. */
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

/** The permissions of instances: those of the ECS agent. Workbenches cannot use them. */
export function agentPermissions(scope: IConstruct, cluster: string): readonly Permission[] {
  return [
    {
      sid: 'DiscoverEcs',
      actions: ['ecs:DiscoverPollEndpoint'],
      resources: ['*'],
      why: 'The agent asks for the endpoint to which it connects.',
      anyResource: 'The action does not support resources.',
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
      why: 'The agent registers the instance and reports the states of tasks.',
    },
    {
      sid: 'PollTasks',
      actions: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
      resources: [arnInCluster(scope, 'container-instance', cluster)],
      conditions: { ArnEquals: { 'ecs:cluster': clusterArn(scope, cluster) } },
      why: 'The agent receives the tasks to run, and drains the instance on a spot interruption.',
    },
  ];
}

/** The permissions with which ECS pulls the image of a task. */
export function imagePullPermissions(repositoryArn: string): readonly Permission[] {
  return [
    {
      sid: 'LogInToEcr',
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
      why: 'Pulls the image.',
      anyResource: 'The token is valid for the whole registry.',
    },
    {
      sid: 'PullImage',
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [repositoryArn],
      why: 'Pulls the image.',
    },
  ];
}

/** The permissions with which ECS starts tasks: it pulls the image and writes logs. */
export function executionPermissions(repositoryArn: string, logGroupArn: string): readonly Permission[] {
  return [
    ...imagePullPermissions(repositoryArn),
    {
      sid: 'WriteWorkbenchLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
      why: 'Writes the output of workbenches.',
    },
  ];
}
