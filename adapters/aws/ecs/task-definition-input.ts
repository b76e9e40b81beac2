import { createHash } from 'node:crypto';
import type {
  ContainerDefinition,
  LogConfiguration,
  RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { LOG_STREAM_OPTIONS, WORKBENCH_CONTAINER } from '#contract/log-streams.ts';
import type { DefinedWorkbench } from '#core/ports/task-runner.ts';
import type { Mount } from '#core/ports/volume-store.ts';
import { BOOT_SCRIPT, HEALTH_PROBE, projectPathOf, sharedMemoryOf } from '../../workbench-container.ts';
import { familyOf, READINESS_CONTAINER, type TaskSettings, tagList } from './settings.ts';

/** The label of the workbench's container that stores a digest of the whole definition. */
const DIGEST_LABEL = 'workbench.definition';

const VOLUME = 'files';

/**
 * The task definition of a workbench. It has what RunTask cannot override: the image, the boot command, the volume, the
 * health check and the size of /dev/shm. Size, GPUs, name and run id are overrides of RunTask.
 *
 * A task has two containers. The workbench container has the health check. The readiness container starts only when the
 * workbench is healthy; it uses the same image, so that no other image is pulled. ECS reports a task as RUNNING when all
 * its containers run, so RUNNING means that the workbench responds to HTTP requests.
 */
export function taskDefinitionInput(
  settings: TaskSettings,
  { workbenchId, mount, memoryMib }: DefinedWorkbench,
): { readonly digest: string; readonly input: RegisterTaskDefinitionCommandInput } {
  const { executionRoleArn, taskRoleArn } = settings;
  const input: RegisterTaskDefinitionCommandInput = {
    family: familyOf(settings, workbenchId),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['EC2'],
    // Each run overrides both. Without them ECS requires limits for each container.
    cpu: '128',
    memory: String(memoryMib),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    containerDefinitions: [workbenchContainer(settings, memoryMib), readinessContainer(settings)],
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
  const [workbench, ...otherContainers] = input.containerDefinitions ?? [];
  const labelled = { ...workbench, dockerLabels: { [DIGEST_LABEL]: digest } };
  return { digest, input: { ...input, containerDefinitions: [labelled, ...otherContainers] } };
}

/** Enough that a change of what is derived from the memory changes the digest of the settings. */
const SETTINGS_DIGEST_MEMORY_MIB = 4096;

const SETTINGS_DIGESTS = new WeakMap<TaskSettings, string>();

/** A digest of everything in a definition that does not depend on its workbench. Computed once for the settings. */
export function settingsDigestOf(settings: TaskSettings): string {
  const mount = { fileSystemId: 'fs', accessPointId: 'fsap' };
  const workbench = { workbenchId: 'workbench', mount, memoryMib: SETTINGS_DIGEST_MEMORY_MIB };
  const digest = SETTINGS_DIGESTS.get(settings) ?? taskDefinitionInput(settings, workbench).digest;
  SETTINGS_DIGESTS.set(settings, digest);
  return digest;
}

/** The digest in a registered definition; undefined if the controller did not register it. */
export function digestOf(
  containers: readonly Pick<ContainerDefinition, 'name' | 'dockerLabels'>[] | undefined,
): string | undefined {
  return containers?.find(({ name }) => name === WORKBENCH_CONTAINER)?.dockerLabels?.[DIGEST_LABEL];
}

function workbenchContainer(settings: TaskSettings, memoryMib: number): ContainerDefinition {
  const { bootCommand, logs } = settings;
  const hasBootCommand = bootCommand !== undefined && bootCommand.trim() !== '';
  return {
    ...commonContainer(settings, WORKBENCH_CONTAINER),
    essential: true,
    linuxParameters: { ...LINUX_PARAMETERS, sharedMemorySize: sharedMemoryOf(memoryMib) },
    ...(logs === undefined ? {} : { logConfiguration: logConfiguration(logs) }),
    ...(hasBootCommand ? { entryPoint: ['/bin/sh', '-c'], command: [BOOT_SCRIPT] } : {}),
    environment: [
      { name: 'WORKSPACE_PATH', value: projectPathOf(settings.mountPath) },
      { name: 'PORT', value: String(settings.port) },
      ...(hasBootCommand ? [{ name: 'WB_BOOT_COMMAND', value: bootCommand }] : []),
    ],
    portMappings: [{ containerPort: settings.port, protocol: 'tcp' }],
    mountPoints: [{ sourceVolume: VOLUME, containerPath: settings.mountPath, readOnly: false }],
    healthCheck: {
      command: ['CMD-SHELL', settings.healthCommand ?? HEALTH_PROBE],
      // Seconds. Docker checks every 5 s until the first success within `startPeriod`, or at the `start-interval` of the
      // image, which ECS cannot set. Afterwards nothing depends on the result.
      interval: 30,
      timeout: 5,
      retries: 3,
      // Seconds; the maximum of ECS. Failed checks do not count until then.
      startPeriod: 300,
    },
    // Seconds from SIGTERM to SIGKILL.
    stopTimeout: 30,
  };
}

function readinessContainer(settings: TaskSettings): ContainerDefinition {
  return {
    ...commonContainer(settings, READINESS_CONTAINER),
    // If this container exits, the workbench continues.
    essential: false,
    linuxParameters: LINUX_PARAMETERS,
    entryPoint: ['sleep'],
    command: ['infinity'],
    // MiB. The minimum of Docker is 6.
    memory: 16,
    dependsOn: [{ containerName: WORKBENCH_CONTAINER, condition: 'HEALTHY' }],
    stopTimeout: 2,
  };
}

const LINUX_PARAMETERS = {
  // The init process forwards SIGTERM. `sleep` as process 1 would ignore it and run until SIGKILL.
  initProcessEnabled: true,
  capabilities: { drop: ['ALL'] },
};

function commonContainer(settings: TaskSettings, name: string): ContainerDefinition {
  const { image, uid = 1000, gid = 1000 } = settings;
  return {
    name,
    image,
    user: `${uid}:${gid}`,
    privileged: false,
    dockerSecurityOptions: ['no-new-privileges'],
  };
}

function logConfiguration({ group, region }: NonNullable<TaskSettings['logs']>): LogConfiguration {
  return {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': group,
      'awslogs-region': region,
      ...LOG_STREAM_OPTIONS,
      // The default of ECS depends on the account. A workbench must not stop because CloudWatch is slow: output in excess
      // of the buffer is lost.
      mode: 'non-blocking',
      'max-buffer-size': '4m',
    },
  };
}

function requireField(mount: Mount, name: string): string {
  const value = mount[name];
  if (value === undefined) throw new TypeError(`the mount has no ${name}`);
  return value;
}
