import { Stack } from 'aws-cdk-lib';
import type { Permission } from './allow.ts';
import { arnInCluster, clusterArn } from './ecs-roles.ts';
import type { PermissionContext } from './permission-context.ts';

/** Rights on the cluster and its tasks. */

function clusterCondition({ scope, cluster }: PermissionContext) {
  return { ArnEquals: { 'ecs:cluster': clusterArn(scope, cluster) } };
}

/** Task definitions of ours: their families begin with the installation's name. */
function taskDefinitionArn({ scope, installation }: PermissionContext): string {
  return Stack.of(scope).formatArn({
    service: 'ecs',
    resource: 'task-definition',
    resourceName: `${installation}-*`,
  });
}

export function registerTaskDefinitions(our: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'DescribeTaskDefinition',
      actions: ['ecs:DescribeTaskDefinition'],
      resources: ['*'],
      why: 'Whether the newest definition of a workbench still is what it should be.',
      anyResource: 'ECS knows no resources for it.',
    },
    {
      sid: 'RegisterTaskDefinition',
      actions: ['ecs:RegisterTaskDefinition'],
      resources: [taskDefinitionArn(our)],
      why: 'A definition for each workbench: image, boot step, files, health check.',
    },
    {
      sid: 'TagTaskDefinition',
      actions: ['ecs:TagResource'],
      resources: [taskDefinitionArn(our)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } },
      why: 'Definitions carry the workbench’s id.',
    },
    {
      sid: 'PassTaskRoles',
      actions: ['iam:PassRole'],
      resources: [our.taskRole, our.executionRole],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      why: 'Tasks run with these two roles and no others.',
    },
  ];
}

export function runTasks(our: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'RunTask',
      actions: ['ecs:RunTask'],
      resources: [taskDefinitionArn(our)],
      conditions: clusterCondition(our),
      why: 'Starts workbenches, in this cluster alone.',
    },
    {
      sid: 'TagTask',
      actions: ['ecs:TagResource'],
      resources: [arnInCluster(our.scope, 'task', our.cluster)],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
      why: 'Tasks carry the workbench’s id, its user and its run.',
    },
  ];
}

export function stopTasks(our: PermissionContext): Permission {
  return {
    sid: 'StopTask',
    actions: ['ecs:StopTask'],
    resources: [arnInCluster(our.scope, 'task', our.cluster)],
    conditions: clusterCondition(our),
    why: 'Stops workbenches.',
  };
}

export function describeTasks(our: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'DescribeTasks',
      actions: ['ecs:DescribeTasks'],
      resources: [arnInCluster(our.scope, 'task', our.cluster)],
      conditions: clusterCondition(our),
      why: 'What has become of tasks.',
    },
    describeContainerInstances(our),
  ];
}

export function listTasks(our: PermissionContext): Permission {
  return {
    sid: 'ListTasks',
    actions: ['ecs:ListTasks'],
    resources: ['*'],
    conditions: clusterCondition(our),
    why: 'Which tasks there are: those of a start whose answer was lost, and those that nobody wants.',
    anyResource:
      'Its only resource is a container instance, and the list is of the whole cluster, to which the condition limits it.',
  };
}

function describeContainerInstances(our: PermissionContext): Permission {
  return {
    sid: 'DescribeContainerInstances',
    actions: ['ecs:DescribeContainerInstances'],
    resources: [arnInCluster(our.scope, 'container-instance', our.cluster)],
    conditions: clusterCondition(our),
    why: 'Whether the agent of a machine answers, and what the machine offers.',
  };
}

export function listContainerInstances(our: PermissionContext): Permission {
  return {
    sid: 'ListContainerInstances',
    actions: ['ecs:ListContainerInstances'],
    resources: [clusterArn(our.scope, our.cluster)],
    why: 'Which machines are on the cluster.',
  };
}

export function readContainerInstances(our: PermissionContext): readonly Permission[] {
  return [describeContainerInstances(our), listContainerInstances(our)];
}

export function drainContainerInstances(our: PermissionContext): Permission {
  return {
    sid: 'DrainContainerInstance',
    actions: ['ecs:UpdateContainerInstancesState'],
    resources: [arnInCluster(our.scope, 'container-instance', our.cluster)],
    conditions: clusterCondition(our),
    why: 'A silent machine takes no more tasks before it is ended.',
  };
}

export function deregisterContainerInstances(our: PermissionContext): Permission {
  return {
    sid: 'DeregisterContainerInstance',
    actions: ['ecs:DeregisterContainerInstance'],
    resources: [clusterArn(our.scope, our.cluster)],
    why: 'Takes machines that are terminated off the cluster: ECS would show their tasks as running for ever.',
  };
}

export function deregisterTaskDefinitions(): Permission {
  return {
    sid: 'DeregisterTaskDefinitions',
    actions: ['ecs:ListTaskDefinitionFamilies', 'ecs:ListTaskDefinitions', 'ecs:DeregisterTaskDefinition'],
    resources: ['*'],
    why: 'Deregisters definitions that no start can need any more.',
    anyResource: 'ECS knows no resources for them; the function asks for families of the installation alone.',
  };
}
