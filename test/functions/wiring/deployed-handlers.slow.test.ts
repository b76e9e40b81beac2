import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linkItem } from '#adapters/aws/dynamodb/share-link-store.ts';
import { hashTicketSecret } from '#adapters/ticket-secret.ts';
import { type AwsClientName, DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';
import type { Environment } from '#contract/settings/setting.ts';
import { formatLinkCode } from '#core/access/share-links.ts';
import type { ShareLink } from '#core/ports/share-link-store.ts';
import { shardOf } from '#core/reconcile/sweep-volumes.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  idAt,
  MINUTE,
  running,
  starting,
  stopped,
  T0,
} from '#test/builders/workbench.ts';
import { aWorkbenchEvent } from '#test/builders/workbench-event.ts';
import { aLink } from '#test/contracts/share-link-store.ts';
import { gatewayEvent, tokenOf } from '../call-api.ts';
import { ENVIRONMENT } from './deployed-settings.ts';
import { captureLogLines, contextOf } from './lambda-context.ts';
import { type ClientLimits, type RecordedCall, recordAws } from './recorded-aws.ts';
import { RecordedTable } from './recorded-table.ts';

/**
 * Each deployed handler is initialized from its environment, with the clients that it creates itself, and invoked once
 * with an event that needs all of its ports. Only the sending is replaced. The tests assert what no other test sees: which
 * clients a function has, how often they try, whether their calls are paced, and which ports are connected to which
 * settings.
 */

const FUNCTIONS = resolve(import.meta.dirname, '../../../functions');
/** A minute in which `sweep-due` makes one query: the recorded table returns its records for every query. */
const NOW = Date.UTC(2030, 0, 1, 12, 1);

/** The limits of each client. A call with all attempts ends within the time that its caller waits. */
const TABLE: ClientLimits = { maxAttempts: 3, connectionTimeout: 1_000, requestTimeout: 3_000 };
const QUEUE: ClientLimits = { maxAttempts: 2, connectionTimeout: 2_000, requestTimeout: 10_000 };
/** A second attempt could be sent late, or hide a throttle from a sweep. */
const ONCE: ClientLimits = { maxAttempts: 1, connectionTimeout: 2_000, requestTimeout: 10_000 };
/** Creating and deleting access points is idempotent: a late attempt does no harm. */
const FILES: ClientLimits = { maxAttempts: 2, connectionTimeout: 2_000, requestTimeout: 10_000 };
/** Longer than the timeout of a janitor. */
const JANITOR: ClientLimits = { maxAttempts: 1, connectionTimeout: 2_000, requestTimeout: 25_000 };
/** Two attempts take less than the 9 s that the authorizer has. */
const SECRETS: ClientLimits = { maxAttempts: 2, connectionTimeout: 1_000, requestTimeout: 3_000 };

interface Row {
  readonly limits: Partial<Record<AwsClientName, ClientLimits>>;
  /** Whether the calls of ECS, EC2 and EFS are paced. */
  readonly paced: boolean;
}

const API_READ: Row = { limits: { dynamodb: TABLE }, paced: false };
const API_CHANGE: Row = { limits: { dynamodb: TABLE, sqs: QUEUE }, paced: false };

const ROWS: Readonly<Record<FunctionName, Row>> = {
  'list-workbenches': API_READ,
  'create-workbench': API_CHANGE,
  'get-workbench': API_READ,
  'update-workbench': API_CHANGE,
  'delete-workbench': API_CHANGE,
  'start-workbench': API_CHANGE,
  'stop-workbench': API_CHANGE,
  'restart-workbench': API_CHANGE,
  'extend-workbench': API_CHANGE,
  'restore-workbench': API_CHANGE,
  'report-activity': API_READ,
  'open-workbench': API_READ,
  'change-owner': API_CHANGE,
  'withdraw-offer': API_CHANGE,
  'accept-owner': API_CHANGE,
  'list-history': API_READ,
  // A user waits for it, and it only reads.
  'list-logs': { limits: { 'cloudwatch-logs': SECRETS, dynamodb: TABLE }, paced: false },
  'list-shares': API_READ,
  'set-share': API_READ,
  'delete-share': API_READ,
  'list-share-links': API_READ,
  'create-share-link': API_READ,
  'delete-share-link': API_READ,
  'preview-share-link': API_READ,
  'redeem-share-link': API_READ,
  'list-reports': API_READ,
  'list-usage': API_READ,
  'list-start-times': API_READ,
  'list-templates': API_READ,
  'list-audit': API_READ,
  'get-own-quota': API_READ,
  'get-quota': API_READ,
  'set-quota': API_READ,
  // A user waits for it, and it only reads.
  'list-machines': { limits: { dynamodb: TABLE, ecs: { ...ONCE, maxAttempts: 2 } }, paced: false },
  // A user waits for them, and their calls are idempotent.
  'drain-machine': {
    limits: { dynamodb: TABLE, ecs: { ...ONCE, maxAttempts: 2 }, sqs: QUEUE },
    paced: false,
  },
  'cancel-drain': { limits: { dynamodb: TABLE, ecs: { ...ONCE, maxAttempts: 2 }, sqs: QUEUE }, paced: false },
  // A user waits for it, and the invocation of a sweep returns at once.
  'start-sweep': { limits: { dynamodb: TABLE, lambda: JANITOR }, paced: false },
  'list-providers': API_READ,
  'get-me': API_READ,
  'get-health': API_READ,
  authorizer: { limits: { 'secrets-manager': SECRETS }, paced: false },
  'task-state-change': API_CHANGE,
  'instance-state-change': API_CHANGE,
  'container-instance-change': API_CHANGE,
  // It only reads, and no user waits for it.
  'instance-interrupted': {
    limits: { dynamodb: TABLE, ecs: { ...ONCE, maxAttempts: 3 }, sqs: QUEUE },
    paced: false,
  },
  // Users wait for both: a paced start would be delayed by the start before it.
  drive: {
    limits: {
      ...{ dynamodb: TABLE, ecs: ONCE, efs: FILES, lambda: JANITOR, sqs: QUEUE },
      'secrets-manager': SECRETS,
    },
    paced: false,
  },
  'drive-host': {
    limits: {
      ...{ dynamodb: TABLE, ec2: ONCE, ecs: ONCE, efs: FILES, lambda: JANITOR, sqs: QUEUE },
      'secrets-manager': SECRETS,
    },
    paced: false,
  },
  // Users do not wait for it, but their deletions have a deadline, which a pace would not keep.
  'drive-delete': { limits: { dynamodb: TABLE, efs: FILES, lambda: JANITOR, sqs: QUEUE }, paced: false },
  'sweep-due': { limits: { dynamodb: TABLE, sqs: QUEUE }, paced: false },
  // No user waits for a sweep. It shares the limits of the account with the requests of users.
  'sweep-active': { limits: { dynamodb: TABLE, ec2: ONCE, ecs: ONCE, sqs: QUEUE }, paced: true },
  'sweep-tasks-and-hosts': { limits: { dynamodb: TABLE, ec2: ONCE, ecs: ONCE, sqs: QUEUE }, paced: true },
  'sweep-volumes': {
    limits: { dynamodb: TABLE, efs: ONCE, lambda: JANITOR, sqs: QUEUE },
    paced: true,
  },
  'sweep-quotas': { limits: { dynamodb: TABLE }, paced: false },
  'sweep-cluster': { limits: { dynamodb: TABLE, ec2: ONCE, ecs: ONCE }, paced: true },
  // It writes megabytes, and its calls are idempotent.
  'export-audit': {
    limits: { dynamodb: TABLE, s3: { ...QUEUE, maxAttempts: 3, requestTimeout: 30_000 } },
    paced: false,
  },
  // No user waits for it, and readers expect repeated events.
  'publish-events': { limits: { eventbridge: { ...QUEUE, maxAttempts: 3 } }, paced: false },
  janitor: { limits: {}, paced: false },
};

let mountedFolder: string;
beforeEach(async () => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  mountedFolder = await mkdtemp(join(tmpdir(), 'workbench-volumes-'));
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.stubEnv('WB_JANITOR_MOUNTS', JSON.stringify({ [FILE_SYSTEM]: mountedFolder }));
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  // The next test file of this process must not get a function that is initialized with this environment.
  vi.resetModules();
  await rm(mountedFolder, { recursive: true });
});

const [FILE_SYSTEM = ''] = ENVIRONMENT.WB_FILE_SYSTEMS.split(',');
const ACCOUNT = 'arn:aws:ecs:eu-west-1:123456789012';
const INSTANCE_ARN = `${ACCOUNT}:container-instance/staging-workbenches/abc`;
const INSTANCE = 'i-0123456789abcdef0';
const TASK = '0123456789abcdef0123456789abcdef';
const ORPHAN_TASK = 'ffffffffffffffffffffffffffffffff';
const MOUNT = { fileSystemId: FILE_SYSTEM, accessPointId: 'fsap-1' };

const id = (n: number) => idAt(NOW - 60 * MINUTE, n);
const START = {
  createdAt: NOW - 60 * MINUTE,
  updatedAt: NOW,
  startedAt: NOW,
  deadlineAt: NOW + 15 * MINUTE,
  nextDriveAt: NOW,
};

const DELETION = {
  createdAt: NOW - 60 * MINUTE,
  updatedAt: NOW,
  deadlineAt: NOW + 60 * MINUTE,
  nextDriveAt: NOW,
  mount: MOUNT,
};

/** An id that no record has. */
const UNKNOWN = id(99);

/** Starts on a capacity provider and has no volume yet. */
const ON_PROVIDER = starting({ ...START, workbenchId: id(1) });
/** Its host was not launched yet. */
const ON_HOST = starting({
  ...START,
  workbenchId: id(2),
  mount: MOUNT,
  spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, dedicatedInstanceType: 'm6i.large' },
  host: { instanceType: 'm6i.large', generation: 1, state: 'requested', agentConnected: false },
});
/** Its agent is disconnected. */
const SILENT = running({
  workbenchId: id(3),
  nextDriveAt: NOW,
  run: acceptedRun({ taskId: TASK, acceptedAt: NOW - 30 * MINUTE }),
});
/** Larger than its instance type, and without a host: only the placement can refuse it. */
const TOO_LARGE = starting({
  ...START,
  workbenchId: id(4),
  mount: MOUNT,
  spec: { cpuUnits: 99_999, memoryMib: 2048, gpuCount: 0, dedicatedInstanceType: 'm6i.large' },
});
const WITH_HOST = running({
  workbenchId: id(5),
  host: aHost({ instanceId: INSTANCE }),
  run: acceptedRun({ taskId: TASK, acceptedAt: NOW - 30 * MINUTE }),
});
const DRAINED = { ...WITH_HOST, host: aHost({ instanceId: INSTANCE, drained: true }) };
const STOPPED = stopped({ workbenchId: id(6) });
/** Has stopped before the retention was set. The sweep at NOW checks the shard of its volume. */
const UNDATED = stopped({
  workbenchId: [...Array(500).keys()].map((n) => id(1000 + n)).find((each) => shardOf(each, 24) === 12) ?? '',
});
/** Of another user, who offers it to the caller. */
const OFFERED = stopped({
  userId: 'grace',
  workbenchId: id(10),
  offer: { to: 'ada', expiresAt: NOW + MINUTE },
});
/** Its files are to be deleted. */
const DELETED = deleting({ ...DELETION, workbenchId: id(8) });
/** A task of it was found late. */
const DELETED_WITH_TASK = deleting({
  ...DELETION,
  workbenchId: id(9),
  unexpectedTasks: [{ taskId: ORPHAN_TASK }],
});
/** Its launch succeeded late. */
const DELETED_WITH_HOST = deleting({
  ...DELETION,
  workbenchId: id(10),
  host: aHost({ instanceId: INSTANCE }),
});
const RUNNING = running({ workbenchId: id(7) });
const LINK_SECRET = 'A'.repeat(43);
const LINK = aLink({
  workbenchId: RUNNING.workbenchId,
  ownerId: RUNNING.userId,
  hash: hashTicketSecret(LINK_SECRET),
  redeemableUntil: NOW + MINUTE,
});
const LINK_CODE = formatLinkCode({ ...LINK, secret: LINK_SECRET });

function taskOf(workbenchId: string, taskId: string, change: object = {}) {
  return {
    taskArn: `${ACCOUNT}:task/staging-workbenches/${taskId}`,
    group: `workbench/${workbenchId}`,
    startedBy: Buffer.from('ada').toString('base64url'),
    overrides: {
      containerOverrides: [
        {
          environment: [
            { name: 'WB_RUN_ID', value: acceptedRun().runId },
            { name: 'WB_RUN_ATTEMPT', value: '1' },
          ],
        },
      ],
    },
    version: 5,
    lastStatus: 'RUNNING',
    createdAt: new Date(NOW - 60 * MINUTE),
    connectivity: 'CONNECTED',
    containerInstanceArn: INSTANCE_ARN,
    ...change,
  };
}

const instanceOf = (workbenchId: string, instanceId: string, state: string) => ({
  InstanceId: instanceId,
  State: { Name: state },
  LaunchTime: new Date(NOW - 60 * MINUTE),
  Tags: [
    { Key: 'workbench:installation', Value: 'staging' },
    { Key: 'workbench:id', Value: workbenchId },
    { Key: 'workbench:user', Value: Buffer.from('ada').toString('base64url') },
  ],
});

type Responses = Readonly<Record<string, (input: RecordedCall['input']) => object>>;

const responsesOf = (
  instances: readonly object[],
  tasks: readonly object[],
  volumes: readonly string[],
): Responses => ({
  RegisterTaskDefinition: () => ({ taskDefinition: { taskDefinitionArn: 'arn/staging:1' } }),
  RunTask: ({ group, startedBy, overrides }) => ({
    tasks: [{ ...taskOf('', TASK), group, startedBy, overrides, lastStatus: 'PROVISIONING' }],
  }),
  DescribeTasks: () => ({ tasks }),
  ListTasks: () => ({ taskArns: [TASK] }),
  DescribeContainerInstances: () => ({
    containerInstances: [
      {
        containerInstanceArn: INSTANCE_ARN,
        ec2InstanceId: INSTANCE,
        status: 'ACTIVE',
        agentConnected: false,
      },
    ],
  }),
  ListContainerInstances: () => ({ containerInstanceArns: [INSTANCE_ARN] }),
  RunInstances: () => ({ Instances: [{ InstanceId: INSTANCE, LaunchTime: new Date(NOW) }] }),
  DescribeInstances: () => ({ Reservations: [{ Instances: instances }] }),
  PutEvents: ({ Entries }) => ({ Entries: Entries.map(() => ({ EventId: '1' })) }),
  CreateAccessPoint: () => ({ AccessPointId: 'fsap-1', LifeCycleState: 'available' }),
  GetSecretValue: ({ SecretId }) => ({
    SecretString: String(SecretId).includes('run-keys')
      ? JSON.stringify({ current: 'a-key-of-the-tokens-of-runs-for-tests' })
      : '{"static_key":"a-static-key-for-tests"}',
  }),
  Invoke: ({ InvocationType, Payload }) => {
    // Of a sweep.
    if (InvocationType === 'Event') return { StatusCode: 202 };
    const { act, fileSystemId } = JSON.parse(new TextDecoder().decode(Payload));
    const listed = fileSystemId === FILE_SYSTEM ? volumes : [];
    // The deletion of files stays unfinished until it has taken longer than one invocation may.
    if (act === 'removeSome') vi.setSystemTime(Date.now() + 20_000);
    const response = {
      readMarker: {},
      findExisting: { workbenchIds: [] },
      list: { directories: listed.map((workbenchId) => ({ workbenchId, createdAt: NOW })) },
      writeTombstone: { detached: false },
      markDetached: {},
      removeSome: { done: false, deleted: 1 },
    };
    return { Payload: new TextEncoder().encode(JSON.stringify(response[act as keyof typeof response])) };
  },
});

/** Invokes the handler of a function, initialized anew. */
async function invoke(
  name: FunctionName,
  event: object,
  options: {
    readonly workbenches?: readonly Workbench[];
    readonly links?: readonly ShareLink[];
    readonly instances?: readonly object[];
    readonly tasks?: readonly object[];
    readonly volumes?: readonly string[];
    readonly env?: Environment;
    /** Operation → the error that it throws. */
    readonly errors?: Readonly<Record<string, Error>>;
  } = {},
) {
  const { workbenches = [], links = [], instances = [], tasks = [], errors = {} } = options;
  const { volumes = [], env = {} } = options;
  for (const [setting, value] of Object.entries(env)) vi.stubEnv(setting, value);
  const log = captureLogLines();
  const table = new RecordedTable(workbenches, links.map(linkItem));
  const responses = responsesOf(instances, tasks, volumes);
  const aws = recordAws((call) => {
    const error = errors[call.operation];
    if (error !== undefined) throw error;
    return call.client === 'dynamodb' ? table.respond(call) : responses[call.operation]?.(call.input);
  });
  vi.resetModules();
  const { processTime } = await import('#adapters/aws/paced-client.ts');
  // Only pacers read this clock, once for each paced call. Their waiting takes no time.
  const pacing = vi.spyOn(processTime, 'now').mockReturnValue(0);
  vi.spyOn(processTime, 'after').mockImplementation((_, action) => action());
  const module = (await import(join(FUNCTIONS, DEPLOYED[name].entry))) as {
    readonly handler: (event: object, context: Context) => Promise<unknown>;
  };
  const result = await module.handler(event, contextOf('request-1', name));
  return { ...aws, table, result, log, pacedCalls: pacing.mock.calls.length };
}

const forUser = (wid: string | undefined, body?: object) =>
  gatewayEvent({
    query: 'user_id=ada',
    ...(wid === undefined ? {} : { wid }),
    ...(body === undefined ? {} : { body, headers: { 'idempotency-key': 'key' } }),
  });

const forMachine = (machineId: string) => ({
  ...gatewayEvent({}),
  pathParameters: { machine_id: machineId },
});

const messagesFor = (...workbenches: readonly Workbench[]) => ({
  Records: workbenches.map(({ userId, workbenchId }, index) => ({
    messageId: String(index),
    body: JSON.stringify({ userId, workbenchId }),
  })),
});

interface Scenario {
  readonly event: object;
  readonly workbenches?: readonly Workbench[];
  readonly links?: readonly ShareLink[];
  readonly instances?: readonly object[];
  readonly tasks?: readonly object[];
  /** The ids of workbenches whose directories exist. */
  readonly volumes?: readonly string[];
  /** Settings that differ from ENVIRONMENT. */
  readonly env?: Environment;
  /** The distinct calls. */
  readonly calls: readonly string[];
  /** What the handler returns. */
  readonly result?: unknown;
  /** Where keys are sent to: the ids of workbenches by queue. */
  readonly sent?: Readonly<Record<string, readonly string[]>>;
}

const CHANGE_CALLS = ['dynamodb GetItem', 'dynamodb UpdateItem', 'sqs SendMessage'] as const;
const SUCCESS = { statusCode: 200 };
const REPORT = { failed: 0 };

const SCENARIOS: Readonly<Record<FunctionName, Scenario>> = {
  'list-workbenches': {
    event: forUser(undefined),
    workbenches: [RUNNING],
    calls: ['dynamodb BatchGetItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'create-workbench': {
    // Of a configured instance type.
    event: forUser(undefined, { allocated_instance_type: 'm6i.large' }),
    calls: [
      'dynamodb BatchGetItem',
      'dynamodb PutItem',
      'dynamodb TransactWriteItems',
      'dynamodb UpdateItem',
      'sqs SendMessage',
    ],
    result: { statusCode: 201 },
  },
  'get-workbench': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: ['dynamodb BatchGetItem', 'dynamodb GetItem'],
    result: SUCCESS,
  },
  'update-workbench': {
    // 8 vCPU is the size of the configured provider.
    event: forUser(STOPPED.workbenchId, { requested_cpu: 8192 }),
    workbenches: [STOPPED],
    calls: CHANGE_CALLS,
    result: SUCCESS,
    sent: { work: [STOPPED.workbenchId] },
  },
  'delete-workbench': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: CHANGE_CALLS,
    result: SUCCESS,
    sent: { work: [RUNNING.workbenchId] },
  },
  'start-workbench': {
    event: forUser(STOPPED.workbenchId),
    workbenches: [STOPPED],
    // The user is not known yet.
    calls: ['dynamodb BatchGetItem', ...CHANGE_CALLS, 'dynamodb PutItem'].sort(),
    result: SUCCESS,
    sent: { work: [STOPPED.workbenchId] },
  },
  'stop-workbench': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: CHANGE_CALLS,
    result: SUCCESS,
    sent: { work: [RUNNING.workbenchId] },
  },
  'restart-workbench': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: CHANGE_CALLS,
    result: SUCCESS,
    sent: { work: [RUNNING.workbenchId] },
  },
  'extend-workbench': {
    event: forUser(RUNNING.workbenchId, { minutes: 60 }),
    workbenches: [
      { ...RUNNING, idle: { minutes: 60, since: T0, because: 'start', checkAt: T0 + 3_000_000 } },
    ],
    calls: CHANGE_CALLS,
    result: SUCCESS,
    sent: { work: [RUNNING.workbenchId] },
  },
  'restore-workbench': {
    event: forUser(STOPPED.workbenchId),
    workbenches: [{ ...STOPPED, restorable: { deletedAt: T0, until: Date.UTC(2099, 0, 1) } }],
    // The user is not known yet.
    calls: ['dynamodb BatchGetItem', ...CHANGE_CALLS, 'dynamodb PutItem'].sort(),
    result: SUCCESS,
    sent: { work: [STOPPED.workbenchId] },
  },
  'report-activity': {
    event: forUser(RUNNING.workbenchId, { last_activity: '2030-01-01T10:30:00Z' }),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb UpdateItem'],
    result: { statusCode: 204 },
  },
  'open-workbench': {
    event: forUser(RUNNING.workbenchId, { path: '/lab' }),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb PutItem'],
    result: SUCCESS,
  },
  'change-owner': {
    event: forUser(STOPPED.workbenchId, { owner: 'grace' }),
    workbenches: [STOPPED],
    calls: [
      'dynamodb BatchGetItem',
      'dynamodb DeleteItem',
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb TransactWriteItems',
      'sqs SendMessage',
    ],
    result: SUCCESS,
    sent: { work: [STOPPED.workbenchId] },
  },
  'withdraw-offer': {
    event: forUser(OFFERED.workbenchId),
    workbenches: [OFFERED],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'sqs SendMessage',
    ],
    result: SUCCESS,
    sent: { work: [OFFERED.workbenchId] },
  },
  'accept-owner': {
    event: forUser(OFFERED.workbenchId),
    workbenches: [OFFERED],
    calls: [
      'dynamodb BatchGetItem',
      'dynamodb DeleteItem',
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb TransactWriteItems',
      'sqs SendMessage',
    ],
    result: SUCCESS,
    sent: { work: [OFFERED.workbenchId] },
  },
  'list-history': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'list-logs': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: ['cloudwatch-logs GetLogEvents', 'dynamodb GetItem'],
    result: SUCCESS,
  },
  'list-shares': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'set-share': {
    event: gatewayEvent({
      query: `user_id=${RUNNING.userId}`,
      wid: RUNNING.workbenchId,
      grantee: 'user:bob',
      body: { role: 'use' },
      route: 'PUT /workbenches/{wid}/shares/{grantee}',
    }),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb PutItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'delete-share': {
    event: gatewayEvent({
      query: `user_id=${RUNNING.userId}`,
      wid: RUNNING.workbenchId,
      grantee: 'user:bob',
      route: 'DELETE /workbenches/{wid}/shares/{grantee}',
    }),
    workbenches: [RUNNING],
    calls: ['dynamodb DeleteItem', 'dynamodb GetItem', 'dynamodb PutItem'],
    result: SUCCESS,
  },
  'list-share-links': {
    event: forUser(RUNNING.workbenchId),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'create-share-link': {
    event: gatewayEvent({
      query: `user_id=${RUNNING.userId}`,
      wid: RUNNING.workbenchId,
      body: { role: 'use' },
      route: 'POST /workbenches/{wid}/share-links',
    }),
    workbenches: [RUNNING],
    calls: ['dynamodb GetItem', 'dynamodb PutItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'delete-share-link': {
    event: gatewayEvent({
      query: `user_id=${RUNNING.userId}&shares=true`,
      wid: RUNNING.workbenchId,
      linkId: '0'.repeat(16),
      route: 'DELETE /workbenches/{wid}/share-links/{link_id}',
    }),
    workbenches: [RUNNING],
    calls: ['dynamodb DeleteItem', 'dynamodb GetItem', 'dynamodb PutItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'preview-share-link': {
    event: gatewayEvent({ query: 'user_id=bob', body: { code: LINK_CODE } }),
    workbenches: [RUNNING],
    links: [LINK],
    calls: ['dynamodb BatchGetItem', 'dynamodb GetItem'],
    result: SUCCESS,
  },
  'redeem-share-link': {
    event: gatewayEvent({
      query: 'user_id=bob',
      body: { code: LINK_CODE },
      route: 'POST /share-links/redeem',
    }),
    workbenches: [RUNNING],
    links: [LINK],
    calls: [
      'dynamodb BatchGetItem',
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb TransactWriteItems',
    ],
    result: SUCCESS,
  },
  'list-reports': { event: forUser(undefined), calls: ['dynamodb Query'], result: SUCCESS },
  'start-sweep': {
    event: gatewayEvent({ body: { sweep: 'active' }, route: 'POST /sweeps' }),
    calls: ['dynamodb GetItem', 'dynamodb PutItem', 'lambda Invoke'],
    result: { statusCode: 202 },
  },
  'get-own-quota': {
    event: forUser(undefined),
    calls: ['dynamodb BatchGetItem', 'dynamodb Query'],
    result: SUCCESS,
  },
  'get-quota': {
    event: gatewayEvent({ scope: 'group:a', route: 'GET /quotas/{scope}' }),
    calls: ['dynamodb GetItem'],
    result: SUCCESS,
  },
  'set-quota': {
    event: gatewayEvent({ scope: 'group:a', body: { running: 2 }, route: 'PUT /quotas/{scope}' }),
    calls: ['dynamodb PutItem'],
    result: SUCCESS,
  },
  'list-audit': {
    event: gatewayEvent({ query: 'user_id=ada' }),
    calls: ['dynamodb Query'],
    result: SUCCESS,
  },
  'list-machines': {
    event: forUser(undefined),
    workbenches: [RUNNING],
    calls: [
      'dynamodb GetItem',
      'dynamodb Query',
      'ecs DescribeContainerInstances',
      'ecs ListContainerInstances',
    ],
    result: SUCCESS,
  },
  'drain-machine': {
    event: forMachine(INSTANCE),
    workbenches: [WITH_HOST],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ecs DescribeContainerInstances',
      'ecs ListContainerInstances',
      'sqs SendMessage',
    ],
    result: SUCCESS,
  },
  'cancel-drain': {
    event: forMachine(INSTANCE),
    workbenches: [DRAINED],
    calls: [
      'dynamodb DeleteItem',
      'dynamodb GetItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ecs DescribeContainerInstances',
      'ecs ListContainerInstances',
      'sqs SendMessage',
    ],
    result: SUCCESS,
  },
  'list-usage': {
    event: forUser(undefined),
    calls: ['dynamodb Query'],
    result: SUCCESS,
  },
  'list-start-times': { event: forUser(undefined), calls: ['dynamodb Query'], result: SUCCESS },
  'get-me': {
    // Its only call: a refusal is recorded.
    event: gatewayEvent({ route: 'GET /me', query: 'user_id=ada', authorizer: tokenOf('eve') }),
    calls: ['dynamodb PutItem'],
    result: { statusCode: 403 },
  },
  'list-templates': {
    // Its only call, as of 'get-me'.
    event: gatewayEvent({ route: 'GET /templates', query: 'user_id=ada', authorizer: tokenOf('eve') }),
    calls: ['dynamodb PutItem'],
    result: { statusCode: 403 },
  },
  'list-providers': { event: forUser(undefined), calls: ['dynamodb Query'], result: SUCCESS },
  'get-health': { event: gatewayEvent({}), calls: ['dynamodb GetItem'], result: SUCCESS },
  authorizer: {
    event: { identitySource: ['Bearer a-static-key-for-tests'] },
    calls: ['secrets-manager GetSecretValue'],
    result: { isAuthorized: true },
  },
  'task-state-change': {
    event: {
      source: 'aws.ecs',
      'detail-type': 'ECS Task State Change',
      detail: {
        ...taskOf(SILENT.workbenchId, TASK, { lastStatus: 'STOPPED' }),
        createdAt: new Date(NOW - 60 * MINUTE).toISOString(),
        clusterArn: `${ACCOUNT}:cluster/staging-workbenches`,
        desiredStatus: 'STOPPED',
        containers: [],
        attachments: [],
      },
    },
    workbenches: [SILENT],
    calls: CHANGE_CALLS,
    sent: { work: [SILENT.workbenchId] },
  },
  'instance-state-change': {
    event: {
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      detail: { 'instance-id': INSTANCE, state: 'terminated' },
    },
    workbenches: [WITH_HOST],
    calls: ['dynamodb GetItem', 'dynamodb Query', 'dynamodb UpdateItem', 'sqs SendMessage'],
    sent: { work: [WITH_HOST.workbenchId] },
  },
  'container-instance-change': {
    event: {
      source: 'aws.ecs',
      'detail-type': 'ECS Container Instance State Change',
      time: new Date(NOW).toISOString(),
      detail: {
        containerInstanceArn: INSTANCE_ARN,
        ec2InstanceId: INSTANCE,
        agentConnected: false,
        status: 'ACTIVE',
        version: 1,
        attributes: [{ name: 'workbench', value: WITH_HOST.workbenchId }],
        remainingResources: [],
      },
    },
    workbenches: [WITH_HOST],
    calls: ['dynamodb GetItem', 'dynamodb Query', 'dynamodb UpdateItem', 'sqs SendMessage'],
    sent: { work: [WITH_HOST.workbenchId] },
  },
  'instance-interrupted': {
    event: {
      source: 'aws.ec2',
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      time: new Date(NOW).toISOString(),
      detail: { 'instance-id': INSTANCE, 'instance-action': 'terminate' },
    },
    workbenches: [SILENT],
    tasks: [taskOf(SILENT.workbenchId, TASK)],
    calls: [
      ...CHANGE_CALLS,
      'ecs DescribeContainerInstances',
      'ecs DescribeTasks',
      'ecs ListContainerInstances',
      'ecs ListTasks',
    ].sort(),
    sent: { work: [SILENT.workbenchId] },
  },
  drive: {
    event: messagesFor(ON_PROVIDER, ON_HOST, SILENT, DELETED),
    workbenches: [ON_PROVIDER, ON_HOST, SILENT, DELETED],
    tasks: [taskOf(SILENT.workbenchId, TASK, { connectivity: 'DISCONNECTED' })],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ecs DescribeContainerInstances',
      'ecs DescribeTaskDefinition',
      'ecs DescribeTasks',
      'ecs RegisterTaskDefinition',
      'ecs RunTask',
      'efs CreateAccessPoint',
      'lambda Invoke',
      'secrets-manager GetSecretValue',
      'sqs SendMessage',
    ],
    result: { batchItemFailures: [] },
    sent: {
      // It waits for its task.
      work: [ON_PROVIDER.workbenchId],
      // Without EC2, neither can a host be launched nor the state of an instance be read.
      host: [ON_HOST.workbenchId, SILENT.workbenchId],
      // Deletions have a queue of their own.
      delete: [DELETED.workbenchId],
    },
  },
  'drive-host': {
    event: messagesFor(ON_PROVIDER, ON_HOST, SILENT, DELETED),
    workbenches: [ON_PROVIDER, ON_HOST, SILENT, DELETED],
    tasks: [taskOf(SILENT.workbenchId, TASK, { connectivity: 'DISCONNECTED' })],
    instances: [instanceOf(ON_HOST.workbenchId, INSTANCE, 'pending')],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ec2 DescribeInstances',
      'ec2 RunInstances',
      'ecs DescribeContainerInstances',
      'ecs DescribeTaskDefinition',
      'ecs DescribeTasks',
      'ecs RegisterTaskDefinition',
      'ecs RunTask',
      'efs CreateAccessPoint',
      'lambda Invoke',
      'secrets-manager GetSecretValue',
      'sqs SendMessage',
    ],
    result: { batchItemFailures: [] },
    sent: {
      // A workbench stays in this queue until it is settled or its files are to be deleted.
      host: [ON_PROVIDER.workbenchId, ON_HOST.workbenchId, SILENT.workbenchId],
      delete: [DELETED.workbenchId],
    },
  },
  'drive-delete': {
    event: messagesFor(DELETED, DELETED_WITH_TASK, DELETED_WITH_HOST),
    workbenches: [DELETED, DELETED_WITH_TASK, DELETED_WITH_HOST],
    calls: [
      'dynamodb GetItem',
      'dynamodb UpdateItem',
      'efs CreateAccessPoint',
      'efs DeleteAccessPoint',
      'lambda Invoke',
      'sqs SendMessage',
    ],
    result: { batchItemFailures: [] },
    sent: {
      // The janitor has deleted a part of its files.
      delete: [DELETED.workbenchId],
      work: [DELETED_WITH_TASK.workbenchId],
      host: [DELETED_WITH_HOST.workbenchId],
    },
  },
  'sweep-due': {
    event: {},
    workbenches: [ON_PROVIDER],
    calls: ['dynamodb Query', 'sqs SendMessage'],
    result: { enqueued: 1 },
    sent: { work: [ON_PROVIDER.workbenchId] },
  },
  'sweep-active': {
    event: {},
    workbenches: [WITH_HOST],
    tasks: [taskOf(WITH_HOST.workbenchId, TASK)],
    // The record says running.
    instances: [instanceOf(WITH_HOST.workbenchId, INSTANCE, 'stopped')],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ec2 DescribeInstances',
      'ecs DescribeTasks',
      'sqs SendMessage',
    ],
    result: REPORT,
    sent: { work: [WITH_HOST.workbenchId] },
  },
  'sweep-tasks-and-hosts': {
    event: {},
    workbenches: [RUNNING],
    tasks: [
      taskOf(UNKNOWN, ORPHAN_TASK),
      // Not the task of its run.
      taskOf(RUNNING.workbenchId, TASK),
    ],
    instances: [instanceOf(UNKNOWN, INSTANCE, 'running')],
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'dynamodb UpdateItem',
      'ec2 DescribeInstances',
      'ec2 TerminateInstances',
      'ecs DescribeContainerInstances',
      'ecs DescribeTasks',
      'ecs ListContainerInstances',
      'ecs ListTasks',
      'ecs StopTask',
      'sqs SendMessage',
    ],
    result: [REPORT, REPORT],
    sent: { work: [RUNNING.workbenchId] },
  },
  'sweep-volumes': {
    event: {},
    workbenches: [UNDATED],
    volumes: [UNDATED.workbenchId],
    env: { WB_RETENTION_DAYS: '90', WB_DELETE_AFTER_HOURS: '168' },
    calls: [
      'dynamodb GetItem',
      'dynamodb PutItem',
      'dynamodb Query',
      'efs DescribeAccessPoints',
      'lambda Invoke',
      'sqs SendMessage',
    ],
    result: REPORT,
    sent: { work: [UNDATED.workbenchId] },
  },
  'sweep-quotas': {
    event: {},
    calls: ['dynamodb PutItem', 'dynamodb Query'],
    result: REPORT,
  },
  'export-audit': {
    event: {},
    calls: ['dynamodb Query', 's3 ListObjectsV2', 's3 PutObject'],
    // Every hour of the 90 days that the audit keeps, except the last one, which has not settled at 12:01.
    result: { written: 90 * 24 - 1, left: 0 },
  },
  'sweep-cluster': {
    event: {},
    // EC2 does not know the instance, so its container instance is deregistered.
    calls: [
      'dynamodb PutItem',
      'dynamodb Query',
      'ec2 DescribeInstances',
      'ecs DeregisterContainerInstance',
      'ecs DescribeContainerInstances',
      'ecs ListContainerInstances',
      'ecs ListTaskDefinitionFamilies',
    ],
    result: REPORT,
  },
  'publish-events': {
    event: {
      Records: [{ dynamodb: { NewImage: { event: { S: JSON.stringify(aWorkbenchEvent()) } } } }],
    },
    calls: ['eventbridge PutEvents'],
    result: { batchItemFailures: [] },
  },
  janitor: {
    event: { act: 'list', fileSystemId: FILE_SYSTEM },
    calls: [],
    result: { directories: [] },
  },
};

const NAMES = Object.keys(DEPLOYED) as FunctionName[];

describe.each(NAMES)('%s', (name) => {
  const { limits, paced } = ROWS[name];
  const scenario = SCENARIOS[name];

  it('has the declared clients, one of each, with their attempts and timeouts', async () => {
    const { limits: actual } = await invoke(name, scenario.event, scenario);
    expect(await actual()).toEqual(limits);
    expect(Object.keys(limits).sort()).toEqual([...DEPLOYED[name].clients].sort());
  });

  it(paced ? 'paces every call that users compete with' : 'paces no call', async () => {
    const { calls, pacedCalls } = await invoke(name, scenario.event, scenario);
    const limited = calls.filter(({ client }) => ['ec2', 'ecs', 'efs'].includes(client));
    if (paced) expect(limited.length).toBeGreaterThan(0);
    expect(pacedCalls).toBe(paced ? limited.length : 0);
  });

  it('makes its calls with the table and the queues of its settings', async () => {
    const { calls, distinctCalls, inputsOf, result, log } = await invoke(name, scenario.event, scenario);
    expect(distinctCalls(), log.text()).toEqual(scenario.calls);
    if (scenario.result !== undefined) expect(result).toMatchObject(scenario.result as object);
    for (const { client, input } of calls) {
      if (client === 'dynamodb') expect(tableOf(input)).toBe('workbenches');
      if (client === 'ecs' && 'cluster' in input) expect(input.cluster).toBe('staging-workbenches');
    }
    if (scenario.sent === undefined) return;
    const sent: Record<string, string[]> = {};
    for (const { QueueUrl, MessageBody } of inputsOf('SendMessage')) {
      const queue = QueueUrl.replace('https://sqs.eu-west-1.amazonaws.com/123456789012/', '');
      sent[queue] = [...(sent[queue] ?? []), JSON.parse(MessageBody).workbenchId].sort();
    }
    expect(sent).toEqual(scenario.sent);
  });
});

/** The table of a request. A batch names it as a key. */
interface TableCall {
  readonly TableName?: string;
  readonly RequestItems?: object;
  readonly TransactItems?: readonly Readonly<Record<string, { readonly TableName: string }>>[];
}

/** The tables of a call, without repetitions. */
function tableOf({ TableName, RequestItems = {}, TransactItems = [] }: TableCall) {
  const transacted = TransactItems.flatMap((item) => Object.values(item).map((write) => write.TableName));
  return TableName ?? [...new Set([...Object.keys(RequestItems), ...transacted])].join();
}

describe('the id of an access point', () => {
  const AN_ID = /fsap-[0-9a-z]/;

  it.each(NAMES)('is neither in the log nor in the response of %s', async (name) => {
    const { workbenches = [], event, ...scenario } = SCENARIOS[name];
    const mounted = workbenches.map((workbench) =>
      workbench.mount === undefined ? workbench : { ...workbench, mount: MOUNT },
    );
    const { result, log, table } = await invoke(name, event, { ...scenario, workbenches: mounted });
    expect(log.text()).not.toMatch(AN_ID);
    expect(JSON.stringify(result) ?? '').not.toMatch(AN_ID);
    // The record has it, once its volume exists.
    if (mounted.some(({ mount }) => mount !== undefined))
      expect(JSON.stringify(table.workbenches)).toMatch(AN_ID);
  });

  it.each(['drive', 'drive-host'] as const)(
    'is not in the log of %s if EFS names it in an error',
    async (name) => {
      const message = 'Access point fsap-0123456789abcdef0 is in the wrong state.';
      const error = Object.assign(new Error(message), {
        name: 'SomeError',
        AccessPointId: 'fsap-0123456789abcdef0',
      });
      const errors = { CreateAccessPoint: error };
      const { log } = await invoke(name, messagesFor(ON_PROVIDER), { workbenches: [ON_PROVIDER], errors });
      expect(log.lines()).toContainEqual(
        expect.objectContaining({ message: 'effect failed', effect: 'ensure_volume' }),
      );
      expect(log.text()).not.toMatch(AN_ID);
    },
  );

  it('is not in the status reason if ECS names it in the reason of a stop', async () => {
    const { event } = SCENARIOS['task-state-change'] as { event: { detail: object } };
    const reason = 'CannotCreateVolumeError: fsap-0123456789abcdef0: access denied by server';
    const detail = {
      ...event.detail,
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containers: [{ name: 'workbench', reason }],
    };
    const { table, log } = await invoke('task-state-change', { ...event, detail }, { workbenches: [SILENT] });
    expect(JSON.stringify(table.workbenches)).toContain('fsap-…: access denied by server');
    expect(log.text()).not.toMatch(AN_ID);
    vi.restoreAllMocks();
    const { result } = await invoke('get-workbench', forUser(SILENT.workbenchId), {
      workbenches: table.workbenches,
    });
    expect(result).toMatchObject({ statusCode: 200 });
    expect(JSON.stringify(result)).toContain('fsap-…: access denied by server');
    expect(JSON.stringify(result)).not.toMatch(AN_ID);
  });
});

describe('the settings of a function reach its requests', () => {
  it('of drive: the capacity provider, the subnets, the roles and the file systems', async () => {
    const { inputsOf } = await invoke('drive', SCENARIOS.drive.event, SCENARIOS.drive);
    expect(inputsOf('RunTask')).toMatchObject([
      {
        capacityProviderStrategy: [{ capacityProvider: 'cpu' }],
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ENVIRONMENT.WB_SUBNETS.split(',') },
        },
      },
    ]);
    expect(inputsOf('RegisterTaskDefinition')).toMatchObject([
      { taskRoleArn: ENVIRONMENT.WB_TASK_ROLE_ARN, executionRoleArn: ENVIRONMENT.WB_EXECUTION_ROLE_ARN },
    ]);
    const [accessPoint] = inputsOf('CreateAccessPoint');
    expect(accessPoint).toMatchObject({
      PosixUser: { Uid: 1001, Gid: 1002 },
      RootDirectory: { Path: `/workbenches/${ON_PROVIDER.workbenchId}` },
    });
    expect(accessPoint.Tags).toContainEqual({ Key: 'workbench:installation', Value: 'staging' });
    // Each file system has its janitor.
    const janitors: Record<string, string> = {};
    for (const { FunctionName, Payload } of inputsOf('Invoke')) {
      const { fileSystemId } = JSON.parse(new TextDecoder().decode(Payload));
      janitors[fileSystemId] = FunctionName;
    }
    expect(janitors).toEqual({
      'fs-0123456789abcdef0': 'janitor-0',
      'fs-0123456789abcdef1': 'janitor-1',
    });
  });

  it('of drive-delete: the file systems, the janitor of each, and what an access point is found by', async () => {
    const { inputsOf } = await invoke('drive-delete', messagesFor(DELETED), { workbenches: [DELETED] });
    const fileSystems = ENVIRONMENT.WB_FILE_SYSTEMS.split(',');
    expect(fileSystems.length).toBeGreaterThan(1);
    expect(inputsOf('CreateAccessPoint')).toMatchObject(
      fileSystems.map((fileSystem) => ({
        FileSystemId: fileSystem,
        ClientToken: `${fileSystem}/${DELETED.workbenchId}`,
        PosixUser: { Uid: 1001, Gid: 1002 },
        RootDirectory: { Path: `/workbenches/${DELETED.workbenchId}` },
        Tags: expect.arrayContaining([{ Key: 'workbench:installation', Value: 'staging' }]),
      })),
    );
    const requests = inputsOf('Invoke').map(({ FunctionName, Payload }) => {
      const { act, fileSystemId } = JSON.parse(new TextDecoder().decode(Payload));
      return [fileSystemId, FunctionName, act];
    });
    for (const [index, fileSystem] of fileSystems.entries()) {
      const janitor = `janitor-${index}`;
      expect(requests.filter(([fileSystemId]) => fileSystemId === fileSystem)).toEqual([
        [fileSystem, janitor, 'writeTombstone'],
        [fileSystem, janitor, 'markDetached'],
        [fileSystem, janitor, 'removeSome'],
      ]);
    }
  });

  it('of drive-host: the instance type, the launch template and the subnet', async () => {
    const { inputsOf } = await invoke('drive-host', SCENARIOS['drive-host'].event, SCENARIOS['drive-host']);
    expect(inputsOf('RunInstances')).toMatchObject([
      {
        InstanceType: 'm6i.large',
        LaunchTemplate: { LaunchTemplateId: 'lt-0123456789abcdef0', Version: '3' },
        SubnetId: expect.toBeOneOf(ENVIRONMENT.WB_SUBNETS.split(',')),
      },
    ]);
  });

  it.each(['drive', 'drive-host'] as const)(
    'of %s: the sizes of the instance types, without which it would refuse them as unknown',
    async (name) => {
      const options = { workbenches: [TOO_LARGE] };
      const { table } = await invoke(name, messagesFor(TOO_LARGE), options);
      expect(table.workbenches).toMatchObject([
        {
          status: 'stopped',
          reason: { code: 'cannot_fit', message: expect.stringMatching(/^A m6i\.large cannot hold/) },
        },
      ]);
    },
  );

  it('of container-instance-change: the capacity providers whose free capacity is stored', async () => {
    const { event } = SCENARIOS['container-instance-change'] as { event: { detail: object } };
    const shared = (provider: string) => ({
      ...event,
      detail: {
        ...event.detail,
        agentConnected: true,
        attributes: [{ name: 'workbench-provider', value: provider }],
        remainingResources: [{ name: 'CPU', integerValue: 1024 }],
      },
    });
    const known = await invoke('container-instance-change', shared('cpu'));
    expect(known.inputsOf('PutItem')).toMatchObject([
      { Item: { pk: { S: 'system#free-capacity' }, provider: { S: 'cpu' }, cpu_units: { N: '1024' } } },
    ]);
    vi.restoreAllMocks();
    const unknown = await invoke('container-instance-change', shared('of another installation'));
    expect(unknown.inputsOf('PutItem')).toEqual([]);
  });

  it('of export-audit: the bucket, and only the events by day', async () => {
    const { inputsOf } = await invoke('export-audit', {});
    const inputs = [...inputsOf('ListObjectsV2'), ...inputsOf('PutObject')];
    expect(new Set(inputs.map(({ Bucket }) => Bucket))).toEqual(new Set([ENVIRONMENT.WB_AUDIT_BUCKET]));
    for (const { ExpressionAttributeValues } of inputsOf('Query'))
      expect(ExpressionAttributeValues[':pk'].S).toMatch(/^audit-day#/);
  });

  it('of publish-events: the bus', async () => {
    const { inputsOf } = await invoke('publish-events', SCENARIOS['publish-events'].event);
    expect(inputsOf('PutEvents')).toMatchObject([{ Entries: [{ EventBusName: ENVIRONMENT.WB_EVENT_BUS }] }]);
  });

  it('of the authorizer: the secret', async () => {
    const { inputsOf } = await invoke('authorizer', SCENARIOS.authorizer.event);
    expect(inputsOf('GetSecretValue')).toEqual([{ SecretId: ENVIRONMENT.WB_AUTH_SECRET_ARN }]);
  });
});
