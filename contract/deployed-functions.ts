import type { DeployedFunction } from './deployed-function.ts';
import {
  CATALOG,
  CHANGE_API,
  CLUSTER,
  DRAIN_API,
  HOSTS,
  IMAGE_USER,
  INSTALLATION,
  LIFE_CYCLE,
  POLICY,
  QUOTAS,
  SIZES,
  START_API,
  TASKS,
  USER_API,
  VOLUMES,
  WORKBENCH_API,
} from './function-setting-groups.ts';
import {
  API,
  CHANGING_API,
  DELETER,
  FREQUENT_SWEEP,
  HOURLY_SWEEP,
  READING_API,
  WORKER,
} from './function-sizes.ts';

export type * from './deployed-function.ts';

/**
 * Every deployed function. The CDK app creates the functions from this table, tools/bundle.ts bundles them, and each
 * function reads the settings of its row. lib/permissions derives their IAM permissions.
 *
 * The table is part of every bundle, so it contains only data, and imports only data and types.
 */
export const DEPLOYED = {
  'get-me': {
    entry: 'handlers/get-me.ts',
    startedBy: { by: 'route', operationId: 'getMe' },
    reads: USER_API,
    ...READING_API,
  },
  'list-workbenches': {
    entry: 'handlers/list-workbenches.ts',
    startedBy: { by: 'route', operationId: 'listWorkbenches' },
    reads: [...WORKBENCH_API, ...CATALOG, 'BASE_URL'],
    ...READING_API,
  },
  'create-workbench': {
    entry: 'handlers/create-workbench.ts',
    startedBy: { by: 'route', operationId: 'createWorkbench' },
    reads: [
      ...[...USER_API, 'WB_QUEUE_URL', ...POLICY, 'WB_USER_STARTS_PER_MINUTE', ...SIZES],
      ...['WB_IDLE_STOP_NEVER', ...CATALOG, 'BASE_URL', 'RESTAPI_URL_PREFIX'],
    ],
    ...CHANGING_API,
  },
  'get-workbench': {
    entry: 'handlers/get-workbench.ts',
    startedBy: { by: 'route', operationId: 'getWorkbench' },
    reads: [...WORKBENCH_API, ...CATALOG, 'BASE_URL'],
    ...READING_API,
  },
  'update-workbench': {
    entry: 'handlers/update-workbench.ts',
    startedBy: { by: 'route', operationId: 'updateWorkbench' },
    reads: [...CHANGE_API, ...SIZES, 'WB_IDLE_STOP_NEVER', ...CATALOG, 'BASE_URL'],
    ...CHANGING_API,
  },
  'delete-workbench': {
    entry: 'handlers/delete-workbench.ts',
    startedBy: { by: 'route', operationId: 'deleteWorkbench' },
    reads: CHANGE_API,
    ...CHANGING_API,
  },
  'start-workbench': {
    entry: 'handlers/start-workbench.ts',
    startedBy: { by: 'route', operationId: 'startWorkbench' },
    reads: START_API,
    ...CHANGING_API,
  },
  'stop-workbench': {
    entry: 'handlers/stop-workbench.ts',
    startedBy: { by: 'route', operationId: 'stopWorkbench' },
    reads: CHANGE_API,
    ...CHANGING_API,
  },
  'restart-workbench': {
    entry: 'handlers/restart-workbench.ts',
    startedBy: { by: 'route', operationId: 'restartWorkbench' },
    reads: START_API,
    ...CHANGING_API,
  },
  'extend-workbench': {
    entry: 'handlers/extend-workbench.ts',
    startedBy: { by: 'route', operationId: 'extendWorkbench' },
    reads: [...CHANGE_API, 'BASE_URL'],
    ...CHANGING_API,
  },
  'report-activity': {
    entry: 'handlers/report-activity.ts',
    startedBy: { by: 'route', operationId: 'reportActivity' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'open-workbench': {
    entry: 'handlers/open-workbench.ts',
    startedBy: { by: 'route', operationId: 'openWorkbench' },
    reads: [...WORKBENCH_API, 'BASE_URL', 'WB_GATE'],
    ...READING_API,
  },
  'change-owner': {
    entry: 'handlers/change-owner.ts',
    startedBy: { by: 'route', operationId: 'changeOwner' },
    reads: [...START_API, 'BASE_URL'],
    ...CHANGING_API,
  },
  'withdraw-offer': {
    entry: 'handlers/withdraw-offer.ts',
    startedBy: { by: 'route', operationId: 'withdrawOffer' },
    reads: [...USER_API, 'WB_QUEUE_URL', ...POLICY],
    ...CHANGING_API,
  },
  'accept-owner': {
    entry: 'handlers/accept-owner.ts',
    startedBy: { by: 'route', operationId: 'acceptOwner' },
    reads: [...USER_API, 'WB_QUEUE_URL', ...POLICY, 'BASE_URL', 'WB_USER_STARTS_PER_MINUTE'],
    ...CHANGING_API,
  },
  'list-history': {
    entry: 'handlers/list-history.ts',
    startedBy: { by: 'route', operationId: 'listHistory' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'list-logs': {
    entry: 'handlers/list-logs.ts',
    startedBy: { by: 'route', operationId: 'listLogs' },
    reads: [...WORKBENCH_API, 'WB_TASK_LOG_GROUP'],
    clients: ['cloudwatch-logs', 'dynamodb'],
    ...API,
  },
  'list-shares': {
    entry: 'handlers/list-shares.ts',
    startedBy: { by: 'route', operationId: 'listShares' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'set-share': {
    entry: 'handlers/set-share.ts',
    startedBy: { by: 'route', operationId: 'setShare' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'delete-share': {
    entry: 'handlers/delete-share.ts',
    startedBy: { by: 'route', operationId: 'deleteShare' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'list-share-links': {
    entry: 'handlers/list-share-links.ts',
    startedBy: { by: 'route', operationId: 'listShareLinks' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'create-share-link': {
    entry: 'handlers/create-share-link.ts',
    startedBy: { by: 'route', operationId: 'createShareLink' },
    reads: [...WORKBENCH_API, 'BASE_URL', 'WB_GATE'],
    ...READING_API,
  },
  'delete-share-link': {
    entry: 'handlers/delete-share-link.ts',
    startedBy: { by: 'route', operationId: 'deleteShareLink' },
    reads: WORKBENCH_API,
    ...READING_API,
  },
  'preview-share-link': {
    entry: 'handlers/preview-share-link.ts',
    startedBy: { by: 'route', operationId: 'previewShareLink' },
    reads: [...USER_API, 'BASE_URL', 'WB_GATE'],
    ...READING_API,
  },
  'redeem-share-link': {
    entry: 'handlers/redeem-share-link.ts',
    startedBy: { by: 'route', operationId: 'redeemShareLink' },
    reads: [...USER_API, 'BASE_URL', 'WB_GATE'],
    ...READING_API,
  },
  'list-reports': {
    entry: 'handlers/list-reports.ts',
    startedBy: { by: 'route', operationId: 'listReports' },
    reads: USER_API,
    ...READING_API,
  },
  'list-machines': {
    entry: 'handlers/list-machines.ts',
    startedBy: { by: 'route', operationId: 'listMachines' },
    reads: [...USER_API, ...CLUSTER, 'WB_CONTAINER_PORT', ...CATALOG],
    clients: ['dynamodb', 'ecs'],
    ...API,
  },
  'drain-machine': {
    entry: 'handlers/drain-machine.ts',
    startedBy: { by: 'route', operationId: 'drainMachine' },
    reads: DRAIN_API,
    clients: ['dynamodb', 'ecs', 'sqs'],
    ...API,
  },
  'cancel-drain': {
    entry: 'handlers/cancel-drain.ts',
    startedBy: { by: 'route', operationId: 'cancelDrain' },
    reads: DRAIN_API,
    clients: ['dynamodb', 'ecs', 'sqs'],
    ...API,
  },
  'list-providers': {
    entry: 'handlers/list-providers.ts',
    startedBy: { by: 'route', operationId: 'listProviders' },
    reads: [...[...USER_API, ...CATALOG], ...['WB_DEFAULT_CPU', 'WB_DEFAULT_RAM', 'WB_DEFAULT_GPU']],
    ...READING_API,
  },
  'get-own-quota': {
    entry: 'handlers/get-own-quota.ts',
    startedBy: { by: 'route', operationId: 'getOwnQuota' },
    reads: [...USER_API, ...QUOTAS],
    ...READING_API,
  },
  'get-quota': {
    entry: 'handlers/get-quota.ts',
    startedBy: { by: 'route', operationId: 'getQuota' },
    reads: USER_API,
    ...READING_API,
  },
  'set-quota': {
    entry: 'handlers/set-quota.ts',
    startedBy: { by: 'route', operationId: 'setQuota' },
    reads: USER_API,
    ...READING_API,
  },
  'list-audit': {
    entry: 'handlers/list-audit.ts',
    startedBy: { by: 'route', operationId: 'listAudit' },
    reads: USER_API,
    ...READING_API,
  },
  'list-usage': {
    entry: 'handlers/list-usage.ts',
    startedBy: { by: 'route', operationId: 'listUsage' },
    reads: [...USER_API, ...CATALOG],
    ...READING_API,
  },
  'list-start-times': {
    entry: 'handlers/list-start-times.ts',
    startedBy: { by: 'route', operationId: 'listStartTimes' },
    reads: USER_API,
    ...READING_API,
  },
  'get-health': {
    entry: 'handlers/get-health.ts',
    startedBy: { by: 'route', operationId: 'getHealth' },
    reads: ['WB_TABLE_NAME'],
    ...READING_API,
  },
  authorizer: {
    entry: 'handlers/authorizer.ts',
    startedBy: { by: 'authorizer' },
    reads: [
      'WB_AUTH_SECRET_ARN',
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
    reads: [...LIFE_CYCLE, 'WB_HOST_QUEUE_URL', 'WB_DELETE_QUEUE_URL', ...TASKS, ...VOLUMES, ...CATALOG],
    clients: ['dynamodb', 'ecs', 'efs', 'lambda', 'sqs'],
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
      ...VOLUMES,
      ...CATALOG,
      ...HOSTS,
    ],
    clients: ['dynamodb', 'ec2', 'ecs', 'efs', 'lambda', 'sqs'],
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
    reads: ['WB_TABLE_NAME', 'WB_VOLUME_GRACE_SECONDS', ...VOLUMES, ...INSTALLATION, ...IMAGE_USER],
    clients: ['dynamodb', 'efs', 'lambda'],
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
    ...{ timeoutSeconds: 600, memoryMib: 512 },
  },
  janitor: {
    entry: 'volumes/janitor.ts',
    startedBy: { by: 'janitor' },
    reads: ['WB_JANITOR_MOUNTS'],
    clients: [],
    // A call returns after about 10 s. Its caller waits slightly longer than this timeout.
    ...{ timeoutSeconds: 20, memoryMib: 512 },
  },
} as const satisfies Readonly<Record<string, DeployedFunction>>;

export type TaskSettingName = (typeof TASKS)[number];
export type HostSettingName = (typeof HOSTS | typeof INSTALLATION | typeof CLUSTER)[number] | 'WB_IMAGE';
export type VolumeSettingName = (typeof VOLUMES | typeof INSTALLATION | typeof IMAGE_USER)[number];
export type CatalogSettingName = (typeof CATALOG)[number];

export type FunctionName = keyof typeof DEPLOYED;
/** The settings of a deployed function. */
export type SettingsReadBy<N extends FunctionName> = (typeof DEPLOYED)[N]['reads'][number];
