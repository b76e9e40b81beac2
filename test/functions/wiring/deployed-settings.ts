import { DEPLOYED, type FunctionName, type SettingsReadBy } from '#contract/deployed-functions.ts';
import { formatInstanceTypes, formatProviders } from '#contract/settings/capacity-settings.ts';
import { type DeployedSettingsFor, readDeployedSettings } from '#contract/settings/deployment-settings.ts';
import type { Environment } from '#contract/settings/setting.ts';

/** The environment of deployed functions. */
export const ENVIRONMENT = {
  BASE_URL: 'https://wb.example.com',
  WB_GATE: 'host',
  WB_TABLE_NAME: 'workbenches',
  WB_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/work',
  WB_HOST_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/host',
  WB_DELETE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/delete',
  WB_INSTALLATION: 'staging',
  WB_CLUSTER: 'staging-workbenches',
  WB_CAPACITY_PROVIDERS: formatProviders([
    { name: 'cpu', cpuUnits: 8192, memoryMib: 14_000, gpuCount: 0, interfaces: 40, price: 0.34 },
  ]),
  WB_INSTANCE_TYPES: formatInstanceTypes([
    { name: 'm6i.large', cpuUnits: 2048, memoryMib: 7200, gpuCount: 0 },
  ]),
  WB_IMAGE: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/workbench:latest',
  WB_IMAGE_UID: '1001',
  WB_IMAGE_GID: '1002',
  WB_SUBNETS: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  WB_TASK_SECURITY_GROUPS: 'sg-0123456789abcdef0',
  WB_EXECUTION_ROLE_ARN: 'arn:aws:iam::123456789012:role/execution',
  WB_TASK_ROLE_ARN: 'arn:aws:iam::123456789012:role/task',
  WB_TASK_LOG_GROUP: '/workbenches/staging',
  WB_LAUNCH_TEMPLATE: 'lt-0123456789abcdef0:3',
  WB_FILE_SYSTEMS: 'fs-0123456789abcdef0,fs-0123456789abcdef1',
  WB_JANITOR_FUNCTIONS: 'janitor-0,janitor-1',
  WB_JANITOR_MOUNTS: '{"fs-0123456789abcdef0":"/mnt/volumes"}',
  WB_AUDIT_BUCKET: 'some-audit-bucket',
  WB_EVENT_BUS: 'some-bus',
  WB_API_URL: 'https://api.example.com',
  WB_RUN_KEYS_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:run-keys-AbCdEf',
  WB_AUTH_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:auth-AbCdEf',
} as const satisfies Environment;

export function settingsOf<N extends FunctionName>(
  name: N,
  env: Environment = {},
): DeployedSettingsFor<SettingsReadBy<N>> {
  const reads: readonly SettingsReadBy<N>[] = DEPLOYED[name].reads;
  return readDeployedSettings({ ...ENVIRONMENT, ...env }, reads);
}
