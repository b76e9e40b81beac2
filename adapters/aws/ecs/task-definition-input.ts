import { createHash } from 'node:crypto';
import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import type { Mount } from '#core/ports/volume-store.ts';
import { BOOT_SCRIPT } from '../../boot-script.ts';
import {
  familyOf,
  mountPathOf,
  projectPathOf,
  READINESS_CONTAINER,
  type TaskSettings,
  tagList,
  WORKBENCH_CONTAINER,
} from './settings.ts';

/** The label of the workbench's container that holds a digest of the whole definition. */
const DIGEST_LABEL = 'workbench.definition';

const VOLUME = 'files';

/** Any answer will do, even an error page: it answers HTTP. */
const HEALTH_COMMAND = 'curl -s -o /dev/null --max-time 4 "http://127.0.0.1:$PORT/"';

/**
 * The task definition of a workbench: what RunTask cannot override, which is the image, the boot step, the
 * volume and the health check. Size, GPUs, name and run come with RunTask.
 *
 * It has two containers. The workbench's has the health check; the companion, of the same image so that
 * nothing more is fetched, starts only once that is healthy. ECS calls a task RUNNING when all its containers
 * run, hence RUNNING means: it answers HTTP.
 */
export function taskDefinitionInput(
  settings: TaskSettings,
  workbenchId: string,
  mount: Mount,
): { readonly digest: string; readonly input: RegisterTaskDefinitionCommandInput } {
  const { executionRoleArn, taskRoleArn } = settings;
  const input: RegisterTaskDefinitionCommandInput = {
    family: familyOf(settings, workbenchId),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['EC2'],
    // Each run overrides both; a definition without them would need limits for each container.
    cpu: '128',
    memory: '128',
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    containerDefinitions: [workbenchContainer(settings), readinessContainer(settings)],
    volumes: [
      {
        name: VOLUME,
        efsVolumeConfiguration: {
          fileSystemId: requireField(mount, 'fileSystemId'),
          transitEncryption: 'ENABLED',
          authorizationConfig: { accessPointId: requireField(mount, 'accessPointId'), iam: 'ENABLED' },
        },
      },
    ],
    tags: tagList({ ...settings.tags, 'workbench:id': workbenchId }),
  };
  const digest = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 32);
  const [workbench, ...others] = input.containerDefinitions ?? [];
  const labelled = { ...workbench, dockerLabels: { [DIGEST_LABEL]: digest } };
  return { digest, input: { ...input, containerDefinitions: [labelled, ...others] } };
}

/** The digest in a registered definition; undefined in one that is not of our making. */
export function digestOf(
  containers: readonly Pick<ContainerDefinition, 'name' | 'dockerLabels'>[] | undefined,
): string | undefined {
  return containers?.find(({ name }) => name === WORKBENCH_CONTAINER)?.dockerLabels?.[DIGEST_LABEL];
}

function workbenchContainer(settings: TaskSettings): ContainerDefinition {
  const { bootCommand } = settings;
  const booted = bootCommand !== undefined && bootCommand.trim() !== '';
  return {
    ...container(settings, WORKBENCH_CONTAINER),
    essential: true,
    ...(booted ? { entryPoint: ['/bin/sh', '-c'], command: [BOOT_SCRIPT] } : {}),
    environment: [
      { name: 'WORKSPACE_PATH', value: projectPathOf(settings) },
      { name: 'PORT', value: String(settings.port) },
      ...(booted ? [{ name: 'WB_BOOT_COMMAND', value: bootCommand }] : []),
    ],
    portMappings: [{ containerPort: settings.port, protocol: 'tcp' }],
    mountPoints: [{ sourceVolume: VOLUME, containerPath: mountPathOf(settings), readOnly: false }],
    healthCheck: {
      command: ['CMD-SHELL', settings.healthCommand ?? HEALTH_COMMAND],
      interval: 5,
      timeout: 5,
      retries: 10,
      // The longest there is, in seconds: until then a failed check counts for nothing.
      startPeriod: 300,
    },
    // From SIGTERM to SIGKILL, in seconds.
    stopTimeout: 30,
  };
}

function readinessContainer(settings: TaskSettings): ContainerDefinition {
  return {
    ...container(settings, READINESS_CONTAINER),
    // Should it die, the workbench does not.
    essential: false,
    entryPoint: ['sleep'],
    command: ['infinity'],
    // MiB. Docker takes no less than 6.
    memory: 16,
    dependsOn: [{ containerName: WORKBENCH_CONTAINER, condition: 'HEALTHY' }],
    stopTimeout: 2,
  };
}

function container(settings: TaskSettings, name: string): ContainerDefinition {
  const { image, uid = 1000, gid = 1000, logs } = settings;
  return {
    name,
    image,
    user: `${uid}:${gid}`,
    privileged: false,
    dockerSecurityOptions: ['no-new-privileges'],
    // An init of its own passes SIGTERM on: `sleep` as process 1 would wait for SIGKILL.
    linuxParameters: { initProcessEnabled: true },
    ...(logs === undefined
      ? {}
      : {
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': logs.group,
              'awslogs-region': logs.region,
              'awslogs-stream-prefix': 'workbench',
            },
          },
        }),
  };
}

function requireField(mount: Mount, name: string): string {
  const value = mount[name];
  if (value === undefined) throw new TypeError(`the mount has no ${name}`);
  return value;
}
