import { DEPLOYMENT_SETTINGS, type DeployedSettingName } from '#contract/settings/deployment-settings.ts';
import { SETTINGS } from '#contract/settings/function-settings.ts';
import type { Environment, Setting } from '#contract/settings/setting.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { Network } from './constructs/network.ts';
import type { WorkQueues } from './constructs/work-queues.ts';
import type { DataStack } from './data-stack.ts';
import { toEnvironment } from './settings/function-settings.ts';
import type { StageSettings } from './settings/stage.ts';

/** The values of all that deployed functions may read; undefined for what does not apply. */
export type EnvironmentValues = Environment;

const DECLARED_SETTINGS: Readonly<Record<string, Setting<unknown>>> = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };

/**
 * The environment of a function: what it reads, and of that only what differs from the default, since a function's
 * environment holds 4 KB in all.
 */
export function environmentFor(
  reads: readonly DeployedSettingName[],
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  const given = [...new Set<string>(reads)].flatMap((name) => {
    const value = values[name];
    return value === undefined || value === '' || value === DECLARED_SETTINGS[name]?.default
      ? []
      : [[name, value]];
  });
  return Object.fromEntries(given);
}

export interface DeployedResources {
  readonly network: Network;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly queues: WorkQueues;
  /** ARN of the secret with the keys, if any. */
  readonly secret: string | undefined;
}

/** Names that local mode knows and the deployment does not: keys are in a secret, API Gateway reads the others. */
type LocalOnlySetting =
  | 'RESTAPI_AUTH_STATIC_KEY'
  | 'RESTAPI_AUTH_JWT_KEY'
  | 'RESTAPI_AUTH_CACHE_SECONDS'
  | 'RESTAPI_CORS_ORIGIN'
  /** It differs from janitor to janitor. */
  | 'WB_JANITOR_MOUNTS';

type DeployedValues = Readonly<Record<Exclude<DeployedSettingName, LocalOnlySetting>, string | undefined>>;

/** Everything that functions may be told, from the settings of the stage and from what was made. */
export function deployedValues(settings: StageSettings, made: DeployedResources): DeployedValues {
  const { network, data, cluster, queues, secret } = made;
  const { hosts: dedicated, capacityProviders: sizeClasses, images } = cluster;
  const subnets = network.vpc.privateSubnets.map(({ subnetId }) => subnetId).join(',');
  const { image } = settings;
  const { repository } = images;
  return {
    ...(toEnvironment(settings) as DeployedValues),
    WB_TABLE_NAME: data.records.table.tableName,
    WB_QUEUE_URL: queues.queues.work.queueUrl,
    WB_HOST_QUEUE_URL: queues.queues.host.queueUrl,
    WB_INSTALLATION: settings.installation,
    WB_CLUSTER: cluster.clusterName,
    WB_CAPACITY_PROVIDERS: JSON.stringify(sizeClasses.map(({ capacity: offer }) => offer)),
    WB_INSTANCE_TYPES: JSON.stringify(dedicated.capacities),
    WB_IMAGE:
      image.digest === undefined
        ? repository.repositoryUriForTag(image.tag)
        : repository.repositoryUriForDigest(image.digest),
    WB_IMAGE_UID: String(image.uid),
    WB_IMAGE_GID: String(image.gid),
    WB_TASK_SUBNETS: subnets,
    WB_TASK_SECURITY_GROUPS: network.tasks.securityGroupId,
    WB_EXECUTION_ROLE_ARN: cluster.executionRole.roleArn,
    WB_TASK_ROLE_ARN: data.files.taskRole.roleArn,
    WB_TASK_LOG_GROUP: cluster.workbenchLogs.logGroupName,
    WB_LAUNCH_TEMPLATE: launchTemplateVersionOf(dedicated.template),
    WB_GPU_LAUNCH_TEMPLATE: dedicated.gpuTemplate && launchTemplateVersionOf(dedicated.gpuTemplate),
    WB_GPU_INSTANCE_TYPES: dedicated.gpuInstanceTypes.join(','),
    WB_HOST_SUBNETS: subnets,
    WB_HOST_AMIS: dedicated.imageIds.join(','),
    WB_FILE_SYSTEMS: data.files.fileSystems.map(({ fileSystem }) => fileSystem.fileSystemId).join(','),
    WB_JANITOR_FUNCTIONS: data.files.fileSystems.map(({ janitorName }) => janitorName).join(','),
    WB_AUTH_SECRET_ARN: secret,
  };
}

/** The version that this deployment made: what it is never changes under a function. */
function launchTemplateVersionOf({
  launchTemplateId = '',
  versionNumber,
}: {
  readonly launchTemplateId?: string | undefined;
  readonly versionNumber: string;
}): string {
  return `${launchTemplateId}:${versionNumber}`;
}
