import { formatInstanceTypes, formatProviders } from '#contract/settings/capacity-settings.ts';
import { DEPLOYMENT_SETTINGS, type DeployedSettingName } from '#contract/settings/deployment-settings.ts';
import { SETTINGS, type SettingName } from '#contract/settings/function-settings.ts';
import type { Environment, Setting } from '#contract/settings/setting.ts';
import type { ClusterStack } from './cluster-stack.ts';
import type { HostTemplates } from './constructs/instance-launch-template.ts';
import type { Network } from './constructs/network.ts';
import type { WorkQueues } from './constructs/work-queues.ts';
import type { DataStack } from './data-stack.ts';
import { PRICES_AS_OF } from './instance-types.ts';
import { diskPriceOf } from './settings/capacity.ts';
import { toEnvironment } from './settings/function-settings.ts';
import type { StageSettings } from './settings/stage.ts';

/** The values of all settings that deployed functions can read. Undefined if a setting does not apply. */
export type EnvironmentValues = Environment;

const DECLARED_SETTINGS: Readonly<Record<string, Setting<unknown>>> = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };

/**
 * Returns the environment of a function: the settings that it reads and that differ from their default. Lambda limits
 * the environment to 4 KB.
 */
export function environmentFor(
  reads: readonly DeployedSettingName[],
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  return settingsThatDiffer(
    Object.fromEntries(reads.map((name) => [name, DECLARED_SETTINGS[name] ?? {}])),
    values,
  );
}

/** Returns the values of declared settings that differ from their default. */
export function settingsThatDiffer(
  declared: Readonly<Record<string, Pick<Setting<unknown>, 'default'>>>,
  values: EnvironmentValues,
): Readonly<Record<string, string>> {
  const entries = Object.entries(declared).flatMap(([name, setting]) => {
    const value = values[name];
    return value === undefined || value === '' || value === setting.default ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

export interface DeployedResources {
  readonly network: Network;
  readonly data: DataStack;
  readonly cluster: ClusterStack;
  readonly hosts: HostTemplates;
  readonly queues: WorkQueues;
  /** ARN of the secret with the keys. Undefined without keys. */
  readonly secret: string | undefined;
  /** ARN of the secret with the keys of the tokens of runs. Undefined without an authorizer. */
  readonly runKeys: string | undefined;
  /** The address of the API with its prefix. */
  readonly apiUrl: string;
}

/** Settings of local mode only. In a deployment the keys are in a secret, and API Gateway implements the others. */
type LocalOnlySetting =
  | 'RESTAPI_AUTH_STATIC_KEY'
  | 'RESTAPI_AUTH_JWT_KEY'
  | 'RESTAPI_AUTH_CACHE_SECONDS'
  | 'RESTAPI_CORS_ORIGIN'
  /** Each janitor has its own value. */
  | 'WB_JANITOR_MOUNTS'
  /** Only the stack `audit` has it. */
  | 'WB_AUDIT_BUCKET'
  /** Only the stack `events` has it. */
  | 'WB_EVENT_BUS';

/** What a stage file sets. All others are values of stacks, of which the compiler misses none. */
type StageSetting = Exclude<SettingName, LocalOnlySetting | 'WB_TABLE_NAME'>;

type DeployedValues = Readonly<Record<Exclude<DeployedSettingName, LocalOnlySetting>, string | undefined>>;

/** Returns the settings of the functions, from the settings of the stage and the deployed resources. */
export function deployedValues(settings: StageSettings, resources: DeployedResources): DeployedValues {
  const { network, data, cluster, hosts, queues, secret, runKeys, apiUrl } = resources;
  const { capacityProviders, images } = cluster;
  const subnets = network.privateSubnets.map(({ subnetId }) => subnetId).join(',');
  const { image } = settings;
  const { repository } = images;
  return {
    ...(toEnvironment(settings) as Pick<DeployedValues, StageSetting>),
    WB_TABLE_NAME: data.records.table.tableName,
    WB_QUEUE_URL: queues.queues.work.queueUrl,
    WB_HOST_QUEUE_URL: queues.queues.host.queueUrl,
    WB_DELETE_QUEUE_URL: queues.queues.delete.queueUrl,
    WB_INSTALLATION: settings.installation,
    WB_CLUSTER: cluster.clusterName,
    WB_CAPACITY_PROVIDERS: formatProviders(capacityProviders.map(({ capacity }) => capacity)),
    WB_INSTANCE_TYPES: formatInstanceTypes(hosts.capacities),
    WB_INSTANCE_PRICES: JSON.stringify(hosts.prices),
    WB_HOST_DISK_PRICE: String(diskPriceOf(settings.dedicated)),
    WB_FILES_PRICE: String(settings.storage.pricePerGibMonth),
    WB_PRICES_AS_OF: PRICES_AS_OF,
    WB_IMAGE:
      image.digest === undefined
        ? repository.repositoryUriForTag(image.tag)
        : repository.repositoryUriForDigest(image.digest),
    WB_IMAGE_UID: String(image.uid),
    WB_IMAGE_GID: String(image.gid),
    WB_SUBNETS: subnets,
    WB_TASK_SECURITY_GROUPS: network.tasks.securityGroupId,
    WB_EXECUTION_ROLE_ARN: cluster.executionRole.roleArn,
    WB_TASK_ROLE_ARN: data.files.taskRole.roleArn,
    WB_TASK_LOG_GROUP: cluster.workbenchLogs.logGroupName,
    WB_LAUNCH_TEMPLATE: launchTemplateVersionOf(hosts.template),
    WB_GPU_LAUNCH_TEMPLATE: hosts.gpuTemplate && launchTemplateVersionOf(hosts.gpuTemplate),
    WB_GPU_INSTANCE_TYPES: hosts.gpuInstanceTypes.join(','),
    WB_HOST_AMIS: hosts.imageIds.join(','),
    WB_FILE_SYSTEMS: data.files.fileSystems.map(({ fileSystem }) => fileSystem.fileSystemId).join(','),
    WB_JANITOR_FUNCTIONS: data.files.fileSystems.map(({ janitorName }) => janitorName).join(','),
    WB_AUTH_SECRET_ARN: secret,
    WB_RUN_KEYS_SECRET_ARN: runKeys,
    WB_API_URL: apiUrl,
  };
}

/** Names the version that this deployment created, so that a later deployment does not affect running functions. */
function launchTemplateVersionOf({
  launchTemplateId = '',
  versionNumber,
}: {
  readonly launchTemplateId?: string | undefined;
  readonly versionNumber: string;
}): string {
  return `${launchTemplateId}:${versionNumber}`;
}
