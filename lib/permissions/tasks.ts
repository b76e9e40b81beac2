import { ArnFormat, Stack } from 'aws-cdk-lib';
import { logStreamOf } from '#contract/log-streams.ts';
import type { Permission } from './allow.ts';
import { arnInCluster, clusterArn } from './ecs-roles.ts';
import type { PermissionContext } from './permission-context.ts';

/** Permissions on the cluster and its tasks. */

function clusterCondition({ scope, cluster }: PermissionContext) {
  return { ArnEquals: { 'ecs:cluster': clusterArn(scope, cluster) } };
}

/** ARN pattern of the task definitions of the installation. Their families start with its name. */
function taskDefinitionArn({ scope, installation }: PermissionContext): string {
  return Stack.of(scope).formatArn({
    service: 'ecs',
    resource: 'task-definition',
    resourceName: `${installation}-*`,
  });
}

export function registerTaskDefinitions(context: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'DescribeTaskDefinition',
      actions: ['ecs:DescribeTaskDefinition'],
      resources: ['*'],
      why: 'Checks whether the latest task definition of a workbench is still current.',
      anyResource: 'ECS does not support resources for it.',
    },
    {
      sid: 'RegisterTaskDefinition',
      actions: ['ecs:RegisterTaskDefinition'],
      resources: [taskDefinitionArn(context)],
      // Negated, so that a request without the field is allowed. Its default is false.
      conditions: { StringNotEqualsIgnoreCase: { 'ecs:privileged': 'true' } },
      why: 'Registers a task definition for each workbench: image, boot step, volume, health check.',
    },
    {
      sid: 'TagTaskDefinition',
      actions: ['ecs:TagResource'],
      resources: [taskDefinitionArn(context)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } },
      why: 'Task definitions have the id of the workbench as a tag.',
    },
    {
      sid: 'PassTaskRoles',
      actions: ['iam:PassRole'],
      resources: [context.taskRole, context.executionRole],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      why: 'Tasks get these two roles and no others.',
    },
  ];
}

export function runTasks(context: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'RunTask',
      actions: ['ecs:RunTask'],
      resources: [taskDefinitionArn(context)],
      conditions: {
        ...clusterCondition(context),
        // As above.
        StringNotEqualsIgnoreCase: { 'ecs:enable-execute-command': 'true' },
      },
      why: 'Starts workbenches, in this cluster only.',
    },
    {
      sid: 'TagTask',
      actions: ['ecs:TagResource'],
      resources: [arnInCluster(context.scope, 'task', context.cluster)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
      why: 'Tasks have the workbench id, the owner and the run as tags.',
    },
  ];
}

export function stopTasks(context: PermissionContext): Permission {
  return {
    sid: 'StopTask',
    actions: ['ecs:StopTask'],
    resources: [arnInCluster(context.scope, 'task', context.cluster)],
    conditions: clusterCondition(context),
    why: 'Stops workbenches.',
  };
}

export function describeTasks(context: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'DescribeTasks',
      actions: ['ecs:DescribeTasks'],
      resources: [arnInCluster(context.scope, 'task', context.cluster)],
      conditions: clusterCondition(context),
      why: 'Reads the states of tasks.',
    },
    describeContainerInstances(context),
  ];
}

/** Limited to the streams of workbenches. */
export function readWorkbenchLogs({ scope, workbenchLogs }: PermissionContext): Permission {
  return {
    sid: 'ReadWorkbenchLogs',
    actions: ['logs:GetLogEvents'],
    resources: [
      Stack.of(scope).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${workbenchLogs}:log-stream:${logStreamOf('*')}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ],
    why: 'Reads the output of the task of a workbench.',
  };
}

export function listTasks(context: PermissionContext): Permission {
  return {
    sid: 'ListTasks',
    actions: ['ecs:ListTasks'],
    resources: ['*'],
    conditions: clusterCondition(context),
    why: 'Lists tasks, to find the task of a RunTask request whose response was lost, orphans, and the tasks on an instance that is about to end.',
    anyResource:
      'The only resource type is a container instance, but the list covers the whole cluster. The condition limits it to this cluster.',
  };
}

function describeContainerInstances(context: PermissionContext): Permission {
  return {
    sid: 'DescribeContainerInstances',
    actions: ['ecs:DescribeContainerInstances'],
    resources: [arnInCluster(context.scope, 'container-instance', context.cluster)],
    conditions: clusterCondition(context),
    why: 'Reads whether the agent of an instance is connected, and the capacity of the instance.',
  };
}

export function listContainerInstances(context: PermissionContext): Permission {
  return {
    sid: 'ListContainerInstances',
    actions: ['ecs:ListContainerInstances'],
    resources: [clusterArn(context.scope, context.cluster)],
    why: 'Lists the container instances of the cluster.',
  };
}

export function readContainerInstances(context: PermissionContext): readonly Permission[] {
  return [describeContainerInstances(context), listContainerInstances(context)];
}

export function drainContainerInstances(context: PermissionContext): Permission {
  return {
    sid: 'DrainContainerInstance',
    actions: ['ecs:UpdateContainerInstancesState'],
    resources: [arnInCluster(context.scope, 'container-instance', context.cluster)],
    conditions: clusterCondition(context),
    why: 'Drains an instance with a disconnected agent before its termination, or one that an operator empties, so that it gets no new tasks. Ends the draining if the operator takes it back.',
  };
}

export function deregisterContainerInstances(context: PermissionContext): Permission {
  return {
    sid: 'DeregisterContainerInstance',
    actions: ['ecs:DeregisterContainerInstance'],
    resources: [clusterArn(context.scope, context.cluster)],
    why: 'Removes terminated instances from the cluster. Otherwise ECS reports their tasks as running indefinitely.',
  };
}

export function deregisterTaskDefinitions(): Permission {
  return {
    sid: 'DeregisterTaskDefinitions',
    actions: ['ecs:ListTaskDefinitionFamilies', 'ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition'],
    resources: ['*'],
    why: 'Deregisters task definitions that no start can use any more.',
    anyResource:
      'ECS does not support resources for them. The function lists only families of the installation.',
  };
}
