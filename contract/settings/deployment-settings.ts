import * as z from 'zod/mini';
import { CAPACITY_SETTINGS } from './capacity-settings.ts';
import { EVENT_SETTINGS } from './event-settings.ts';
import { SETTING_RULES } from './function-setting-rules.ts';
import { SETTINGS, type SettingName } from './function-settings.ts';
import { RUN_TOKEN_SETTINGS } from './run-token-settings.ts';
import { type Environment, parseSettings, type SettingRule, type ValuesOf } from './setting.ts';
import { integer, json, list, text, url } from './setting-kinds.ts';

/**
 * The settings that the CDK app sets for the functions besides contract/settings/function-settings.ts: the names and
 * ids of the resources that it has created. Operators do not set them, and local mode does not have them. They are
 * listed in docs/settings.md too.
 */

const QUEUE_SENDERS = ['api', 'drive', 'events', 'schedules'];
const TASKS = ['drive', 'schedules'];
const HOSTS = ['drive-host', 'schedules'];
const VOLUMES = ['drive', 'sweep-volumes'];

/**
 * The directory on each file system that contains the directories of the volumes. The janitor mounts it. The access
 * point of a volume leads to a directory below it.
 */
export const VOLUMES_PARENT = '/workbenches';

/** The maximum number of items in a list. */
const LIST_MAX = 20;

const ROLE = /^arn:[a-z-]{1,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const SUBNET = { pattern: /^subnet-[0-9a-f]{8,17}$/, expectedItem: 'subnet ids' } as const;
const LAUNCH_TEMPLATE = /^lt-[0-9a-f]{8,17}:(\d{1,9}|\$Latest|\$Default)$/;
const FILE_SYSTEM = /^fs-[0-9a-f]{8,40}$/;
const FUNCTION =
  /^(arn:[a-z-]{1,20}:lambda:[a-z0-9-]{1,30}:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9_$-]{1,128})?$/;

const mountsSchema = () =>
  z
    .record(z.string().check(z.regex(FILE_SYSTEM)), z.string().check(z.regex(/^\/[\w./-]{1,255}$/)))
    .check(z.refine((mounts) => Object.keys(mounts).length <= LIST_MAX));

export const DEPLOYMENT_SETTINGS = {
  WB_QUEUE_URL: url({
    description: 'The work queue. It contains the keys of workbenches to drive.',
    plain: false,
    required: true,
    readBy: QUEUE_SENDERS,
  }),
  WB_HOST_QUEUE_URL: url({
    description:
      'The queue of workbenches whose next effect needs EC2. `drive` forwards them, because it does not contain the EC2 client.',
    plain: false,
    required: true,
    readBy: ['drive', 'drive-host', 'drive-delete'],
  }),
  WB_DELETE_QUEUE_URL: url({
    description:
      'The queue of workbenches whose files are being deleted. `drive` and `drive-host` forward them, so that deletions do not delay other work.',
    plain: false,
    required: true,
    readBy: ['drive', 'drive-host', 'drive-delete'],
  }),
  WB_INSTALLATION: text({
    description:
      'The name of the installation. It is the tag of its resources and the prefix of its task definitions.',
    expected: '1 to 64 letters, digits and hyphens',
    maxLength: 64,
    pattern: /^[a-zA-Z0-9-]+$/,
    required: true,
    readBy: TASKS,
  }),
  WB_CLUSTER: text({
    description: 'The name of the ECS cluster.',
    expected: '1 to 255 letters, digits, hyphens and underscores',
    maxLength: 255,
    pattern: /^[a-zA-Z0-9_-]+$/,
    required: true,
    readBy: TASKS,
  }),
  ...CAPACITY_SETTINGS,
  WB_IMAGE: text({
    description: 'The image of workbenches. A workbench uses a changed image from its next start.',
    expected: 'the name of an image with at most 512 characters',
    maxLength: 512,
    pattern: /^[\w][\w./:@-]*$/,
    required: true,
    readBy: TASKS,
  }),
  WB_IMAGE_UID: integer({
    description: 'The user id with which workbenches run and which owns their files. It must not be root.',
    min: 1,
    max: 4_294_967_294,
    default: 1000,
    readBy: TASKS,
  }),
  WB_IMAGE_GID: integer({
    description: 'The group id of that user.',
    min: 1,
    max: 4_294_967_294,
    default: 1000,
    readBy: TASKS,
  }),
  WB_SUBNETS: list({
    description:
      'The private subnets of tasks and hosts. Use several zones, because a zone may be out of capacity.',
    ...SUBNET,
    minItems: 1,
    maxItems: 16,
    readBy: TASKS,
  }),
  WB_TASK_SECURITY_GROUPS: list({
    description: 'The security groups of the tasks.',
    pattern: /^sg-[0-9a-f]{8,17}$/,
    expectedItem: 'security group ids',
    minItems: 1,
    maxItems: 5,
    readBy: TASKS,
  }),
  WB_EXECUTION_ROLE_ARN: text({
    description: 'The execution role of the tasks. ECS uses it to pull the image and to write logs.',
    expected: 'the ARN of a role',
    maxLength: 600,
    pattern: ROLE,
    required: true,
    readBy: TASKS,
  }),
  WB_TASK_ROLE_ARN: text({
    description: 'The task role. It allows a task to mount its volume and nothing else.',
    expected: 'the ARN of a role',
    maxLength: 600,
    pattern: ROLE,
    required: true,
    readBy: TASKS,
  }),
  WB_TASK_LOG_GROUP: text({
    description: 'The log group for the output of workbenches. Without it the output is not stored.',
    expected: 'the name of a log group',
    maxLength: 512,
    pattern: /^[a-zA-Z0-9_./#-]+$/,
    readBy: TASKS,
  }),
  WB_LAUNCH_TEMPLATE: text({
    description: 'The launch template of hosts, with its version.',
    expected: 'an id and a version such as `lt-0123456789abcdef0:3`',
    maxLength: 40,
    pattern: LAUNCH_TEMPLATE,
    required: true,
    readBy: HOSTS,
  }),
  WB_GPU_LAUNCH_TEMPLATE: text({
    description: 'The launch template of hosts with GPUs, which use another AMI.',
    expected: 'an id and a version such as `lt-0123456789abcdef0:3`',
    maxLength: 40,
    pattern: LAUNCH_TEMPLATE,
    readBy: HOSTS,
  }),
  WB_GPU_INSTANCE_TYPES: list({
    description: 'The instance types that use the launch template for GPUs.',
    pattern: /^[a-z0-9][a-z0-9.-]{0,63}$/,
    expectedItem: 'instance types',
    maxItems: LIST_MAX,
    readBy: HOSTS,
  }),
  WB_HOST_AMIS: list({
    description:
      'The AMIs that are up to date. A stopped host with another AMI is replaced at the next start. If the list is empty, every AMI is accepted.',
    pattern: /^ami-[0-9a-f]{8,17}$/,
    expectedItem: 'AMI ids',
    maxItems: LIST_MAX,
    readBy: HOSTS,
  }),
  WB_FILE_SYSTEMS: list({
    description:
      'The EFS file systems for volumes. A file system that contains volumes must stay in the list.',
    pattern: FILE_SYSTEM,
    expectedItem: 'file system ids',
    minItems: 1,
    maxItems: LIST_MAX,
    readBy: VOLUMES,
  }),
  WB_JANITOR_FUNCTIONS: list({
    description: 'The janitor functions, one for each file system, in the order of WB_FILE_SYSTEMS.',
    pattern: FUNCTION,
    expectedItem: 'function names or ARNs',
    minItems: 1,
    maxItems: LIST_MAX,
    readBy: VOLUMES,
  }),
  WB_JANITOR_MOUNTS: json({
    description:
      'The paths at which the janitor mounts the directory of the volumes: file system id → absolute path.',
    expected: `a JSON object of at most ${LIST_MAX} paths, such as \`{"fs-0123456789abcdef0":"/mnt/volumes"}\``,
    schema: mountsSchema,
    required: true,
    readBy: ['janitor'],
  }),
  WB_AUDIT_BUCKET: text({
    description: 'The bucket to which audit events are exported.',
    expected: 'the name of a bucket',
    maxLength: 63,
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    required: true,
    readBy: ['export-audit'],
  }),
  ...EVENT_SETTINGS,
  ...RUN_TOKEN_SETTINGS,
  WB_AUTH_SECRET_ARN: text({
    description:
      'The secret in Secrets Manager with `static_key` (see RESTAPI_AUTH_STATIC_KEY), `jwt_key` (see RESTAPI_AUTH_JWT_KEY) or both. Without it only tokens of the OpenID Connect issuer are accepted.',
    expected: 'the ARN of a secret',
    maxLength: 700,
    pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
    readBy: ['authorizer'],
  }),
};

const DECLARED = { ...SETTINGS, ...DEPLOYMENT_SETTINGS };

type Declared = ValuesOf<typeof DECLARED>;
export type DeploymentSettingName = keyof typeof DEPLOYMENT_SETTINGS;
export type DeployedSettingName = SettingName | DeploymentSettingName;
export type DeployedSettingsFor<N extends DeployedSettingName> = Pick<Declared, N>;

/** Rules about several settings of the deployment. */
export const DEPLOYMENT_RULES: readonly SettingRule<Declared>[] = [
  {
    names: ['WB_FILE_SYSTEMS', 'WB_JANITOR_FUNCTIONS'],
    check: (s) =>
      s.WB_FILE_SYSTEMS.length === s.WB_JANITOR_FUNCTIONS.length
        ? undefined
        : 'must have the same number of items',
  },
  {
    names: ['WB_AUTH_SECRET_ARN', 'RESTAPI_OIDC_ISSUER'],
    check: (s) =>
      s.WB_AUTH_SECRET_ARN === undefined && s.RESTAPI_OIDC_ISSUER === undefined
        ? 'set one of them; without a key the authorizer refuses every request'
        : undefined,
  },
  {
    names: ['WB_GPU_LAUNCH_TEMPLATE', 'WB_GPU_INSTANCE_TYPES'],
    check: (s) =>
      s.WB_GPU_LAUNCH_TEMPLATE === undefined && s.WB_GPU_INSTANCE_TYPES.length > 0
        ? 'set the launch template for these instance types'
        : undefined,
  },
];

/**
 * Reads the named settings of a deployed function, and no others.
 * @throws SettingsError with every invalid setting
 */
export function readDeployedSettings<N extends DeployedSettingName>(
  env: Environment,
  names: readonly N[],
): DeployedSettingsFor<N> {
  const chosen = Object.entries(DECLARED).filter(([name]) => (names as readonly string[]).includes(name));
  const declared = Object.fromEntries(chosen) as unknown as typeof DECLARED;
  const rules: readonly SettingRule<Declared>[] = [
    ...(SETTING_RULES as readonly SettingRule<Declared>[]),
    ...DEPLOYMENT_RULES,
  ];
  return parseSettings(declared, rules, env);
}
