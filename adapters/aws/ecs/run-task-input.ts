import type { RunTaskCommandInput, TaskOverride } from '@aws-sdk/client-ecs';
import { WORKBENCH_CONTAINER } from '#contract/log-streams.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { type ActivityEndpoint, activityEnvironment } from '../../run-token.ts';
import { type TaskSettings, tagList } from './settings.ts';
import { groupOf, RUN_ATTEMPT_VARIABLE, RUN_ID_VARIABLE, startedByOf } from './task-identity.ts';

/** The limit of ECS for the overrides of one RunTask request, in characters of JSON. */
export const OVERRIDES_MAX_CHARS = 8192;

/** The attribute that a host's container instance has. Its value is the workbench id. */
export const HOST_ATTRIBUTE = 'workbench';

/**
 * The input of RunTask. It depends on the arguments alone, because a retry with the same client token must send the same
 * parameters. Undefined if the overrides would exceed OVERRIDES_MAX_CHARS.
 */
export function runTaskInput(
  settings: TaskSettings,
  input: TaskInput,
  token: string,
  taskDefinitionArn: string,
  activity?: ActivityEndpoint,
): RunTaskCommandInput | undefined {
  const overrides = overridesOf(settings, input, activity);
  if (JSON.stringify(overrides).length > OVERRIDES_MAX_CHARS) return undefined;
  return {
    cluster: settings.cluster,
    taskDefinition: taskDefinitionArn,
    count: 1,
    clientToken: token,
    group: groupOf(input.workbenchId),
    startedBy: startedByOf(input.userId),
    ...placementOf(input),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...settings.subnets],
        securityGroups: [...settings.securityGroups],
        assignPublicIp: 'DISABLED',
      },
    },
    overrides,
    propagateTags: 'TASK_DEFINITION',
    tags: tagList({ 'workbench:user': startedByOf(input.userId), 'workbench:run': input.runId }),
  };
}

function placementOf({ placement, workbenchId }: TaskInput): Partial<RunTaskCommandInput> {
  if (placement.kind === 'host') {
    // The attribute alone would also match an earlier host of this workbench that is still shutting down.
    const expressions = [
      `attribute:${HOST_ATTRIBUTE} == ${workbenchId}`,
      `ec2InstanceId == ${placement.instanceId}`,
    ];
    const placementConstraints = expressions.map((expression) => ({ type: 'memberOf' as const, expression }));
    return { launchType: 'EC2', placementConstraints };
  }
  return {
    capacityProviderStrategy: [{ capacityProvider: placement.provider, weight: 1 }],
    placementStrategy: [{ type: 'binpack', field: 'memory' }],
  };
}

function overridesOf(
  settings: TaskSettings,
  input: TaskInput,
  activity: ActivityEndpoint | undefined,
): TaskOverride {
  const variables = {
    WORKBENCH_ID: input.workbenchId,
    WORKBENCH_NAME: input.name,
    BASE_URL: settings.baseUrl(input.workbenchId),
    [RUN_ID_VARIABLE]: input.runId,
    [RUN_ATTEMPT_VARIABLE]: String(input.attempt),
    ...activityEnvironment(activity, input.cpuUnits),
  };
  return {
    cpu: String(input.cpuUnits),
    memory: String(input.memoryMib),
    containerOverrides: [
      {
        name: WORKBENCH_CONTAINER,
        environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
        ...(input.gpuCount === 0
          ? {}
          : { resourceRequirements: [{ type: 'GPU' as const, value: String(input.gpuCount) }] }),
      },
    ],
  };
}
