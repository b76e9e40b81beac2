import { API_FUNCTIONS } from './api-functions.ts';
import type { DeployedFunction } from './deployed-function.ts';
import {
  CATALOG,
  CLUSTER,
  HOSTS,
  IMAGE_USER,
  INSTALLATION,
  LIFE_CYCLE,
  POLICY,
  RUN_TOKENS,
  TASKS,
  VOLUMES,
} from './function-setting-groups.ts';
import { DELETER, FREQUENT_SWEEP, HOURLY_SWEEP, WORKER } from './function-sizes.ts';

export type * from './deployed-function.ts';

/**
 * Every deployed function. The CDK app creates the functions from this table, tools/bundle.ts bundles them, and each
 * function reads the settings of its row. lib/permissions derives their IAM permissions.
 *
 * The table is part of every bundle, so it contains only data, and imports only data and types.
 */
export const DEPLOYED = {
  ...API_FUNCTIONS,
  authorizer: {
    entry: 'handlers/authorizer.ts',
    startedBy: { by: 'authorizer' },
    reads: [
      'WB_AUTH_SECRET_ARN',
      'WB_RUN_KEYS_SECRET_ARN',
      'RESTAPI_OIDC_ISSUER',
      'RESTAPI_OIDC_AUDIENCE',
      'RESTAPI_OIDC_JWKS_URL',
      'RESTAPI_OIDC_SERVICE_CLIENTS',
      'RESTAPI_USER_CLAIM',
      'WB_GROUPS_CLAIM',
    ],
    clients: ['secrets-manager'],
    // API Gateway waits 10 s for an authorizer.
    timeoutSeconds: 9,
    memoryMib: 512,
  },
  'task-state-change': {
    entry: 'events/task-state-change.ts',
    startedBy: { by: 'event', events: [{ source: 'aws.ecs', detailType: 'ECS Task State Change' }] },
    reads: [...LIFE_CYCLE, 'WB_CONTAINER_PORT'],
    clients: ['dynamodb', 'sqs'],
    ...WORKER,
  },
  'instance-state-change': {
    entry: 'events/instance-state-change.ts',
    startedBy: {
      by: 'event',
      events: [{ source: 'aws.ec2', detailType: 'EC2 Instance State-change Notification' }],
    },
    reads: LIFE_CYCLE,
    clients: ['dynamodb', 'sqs'],
    ...WORKER,
  },
  'container-instance-change': {
    entry: 'events/container-instance-change.ts',
    startedBy: {
      by: 'event',
      events: [{ source: 'aws.ecs', detailType: 'ECS Container Instance State Change' }],
    },
    reads: [...LIFE_CYCLE, ...CATALOG],
    clients: ['dynamodb', 'sqs'],
    ...WORKER,
  },
  'instance-interrupted': {
    entry: 'events/instance-interrupted.ts',
    startedBy: {
      by: 'event',
      events: [
        { source: 'aws.ec2', detailType: 'EC2 Spot Instance Interruption Warning' },
        {
          source: 'aws.ecs',
          detailType: 'ECS Container Instance State Change',
          detail: { status: ['DRAINING'], agentConnected: [true] },
        },
      ],
    },
    reads: [...LIFE_CYCLE, ...CLUSTER, 'WB_CONTAINER_PORT'],
    clients: ['dynamodb', 'ecs', 'sqs'],
    ...WORKER,
  },
  drive: {
    entry: 'drive/drive.ts',
    startedBy: { by: 'queue', queue: 'work', batchSize: 10, maxConcurrency: 10 },
    reads: [
      ...LIFE_CYCLE,
      'WB_HOST_QUEUE_URL',
      'WB_DELETE_QUEUE_URL',
      ...TASKS,
      ...RUN_TOKENS,
      ...VOLUMES,
      ...CATALOG,
    ],
    clients: ['dynamodb', 'ecs', 'efs', 'lambda', 'secrets-manager', 'sqs'],
    ...WORKER,
  },
  'drive-host': {
    entry: 'drive/drive-host.ts',
    startedBy: { by: 'queue', queue: 'host', batchSize: 10, maxConcurrency: 2 },
    reads: [
      'WB_TABLE_NAME',
      'WB_HOST_QUEUE_URL',
      'WB_DELETE_QUEUE_URL',
      ...POLICY,
      ...TASKS,
      ...RUN_TOKENS,
      ...VOLUMES,
      ...CATALOG,
      ...HOSTS,
    ],
    clients: ['dynamodb', 'ec2', 'ecs', 'efs', 'lambda', 'secrets-manager', 'sqs'],
    ...WORKER,
  },
  'drive-delete': {
    entry: 'drive/drive-delete.ts',
    // A deletion mostly waits for its janitors, so five share the time of one invocation. 100 deletions at once are 120
    // invocations with those of the janitors, an eighth of the 1,000 that an account may have at once by default. With four
    // or more file systems they are at most 420.
    startedBy: { by: 'queue', queue: 'delete', batchSize: 5, maxConcurrency: 20 },
    reads: [
      ...LIFE_CYCLE,
      'WB_HOST_QUEUE_URL',
      'WB_DELETE_QUEUE_URL',
      ...VOLUMES,
      ...INSTALLATION,
      ...IMAGE_USER,
    ],
    clients: ['dynamodb', 'efs', 'lambda', 'sqs'],
    ...DELETER,
  },
  'sweep-due': {
    entry: 'handlers/sweep-due.ts',
    startedBy: { by: 'schedule', everyMinutes: 1 },
    reads: ['WB_TABLE_NAME', 'WB_QUEUE_URL'],
    clients: ['dynamodb', 'sqs'],
    ...WORKER,
  },
  'sweep-active': {
    entry: 'handlers/sweep-active.ts',
    startedBy: { by: 'schedule', everyMinutes: 10 },
    reads: [...LIFE_CYCLE, ...TASKS, ...HOSTS],
    clients: ['dynamodb', 'ec2', 'ecs', 'sqs'],
    ...FREQUENT_SWEEP,
  },
  'sweep-tasks-and-hosts': {
    entry: 'handlers/sweep-tasks-and-hosts.ts',
    startedBy: { by: 'schedule', everyMinutes: 10 },
    reads: [...LIFE_CYCLE, ...TASKS, ...HOSTS],
    clients: ['dynamodb', 'ec2', 'ecs', 'sqs'],
    ...FREQUENT_SWEEP,
  },
  'sweep-volumes': {
    entry: 'handlers/sweep-volumes.ts',
    startedBy: { by: 'schedule', everyMinutes: 60 },
    reads: [...LIFE_CYCLE, 'WB_FILES_PRICE', ...[...VOLUMES, ...INSTALLATION, ...IMAGE_USER]],
    clients: ['dynamodb', 'efs', 'lambda', 'sqs'],
    ...HOURLY_SWEEP,
  },
  'sweep-quotas': {
    entry: 'handlers/sweep-quotas.ts',
    startedBy: { by: 'schedule', everyMinutes: 60 },
    reads: ['WB_TABLE_NAME'],
    clients: ['dynamodb'],
    ...HOURLY_SWEEP,
  },
  'sweep-cluster': {
    entry: 'schedules/sweep-cluster.ts',
    startedBy: { by: 'schedule', everyMinutes: 10 },
    reads: ['WB_TABLE_NAME', 'WB_ORPHAN_GRACE_SECONDS', ...TASKS],
    clients: ['dynamodb', 'ec2', 'ecs'],
    // At most its interval: two sweeps at once would make twice the calls.
    timeoutSeconds: 600,
    memoryMib: 512,
  },
  'export-audit': {
    entry: 'schedules/export-audit.ts',
    startedBy: { by: 'schedule', everyMinutes: 60 },
    reads: ['WB_TABLE_NAME', 'WB_AUDIT_DAYS', 'WB_AUDIT_BUCKET'],
    clients: ['dynamodb', 's3'],
    stack: 'audit',
    ...HOURLY_SWEEP,
  },
  'publish-events': {
    entry: 'streams/publish-events.ts',
    // At most PUBLISHED_AT_ONCE_MAX.
    startedBy: { by: 'history', batchSize: 100 },
    reads: ['WB_EVENT_BUS'],
    clients: ['eventbridge'],
    stack: 'events',
    // Ten requests, each with all attempts and waits in the worst case, would take longer: the changes are then delivered again.
    timeoutSeconds: 120,
    memoryMib: 512,
  },
  janitor: {
    entry: 'volumes/janitor.ts',
    startedBy: { by: 'janitor' },
    reads: ['WB_JANITOR_MOUNTS'],
    clients: [],
    // A call returns after about 10 s. Its caller waits slightly longer than this timeout.
    timeoutSeconds: 20,
    memoryMib: 512,
  },
} as const satisfies Readonly<Record<string, DeployedFunction>>;

export type TaskSettingName = (typeof TASKS)[number];
export type HostSettingName =
  | (typeof HOSTS | typeof INSTALLATION | typeof CLUSTER)[number]
  | 'WB_IMAGE'
  | 'WB_SUBNETS';
export type VolumeSettingName = (typeof VOLUMES | typeof INSTALLATION | typeof IMAGE_USER)[number];
export type CatalogSettingName = (typeof CATALOG)[number];

export type FunctionName = keyof typeof DEPLOYED;
/** The settings of a deployed function. */
export type SettingsReadBy<N extends FunctionName> = (typeof DEPLOYED)[N]['reads'][number];
