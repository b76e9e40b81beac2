import * as z from 'zod/mini';
import { SETTING_RULES, SETTINGS, type SettingName } from './function-settings.ts';
import { type Environment, parseSettings, type SettingRule, type ValuesOf } from './setting.ts';
import { integer, json, list, text, url } from './setting-kinds.ts';

/**
 * What the deployment on AWS tells its functions beside contract/settings/function-settings.ts: where the things are that it has made.
 * Nobody writes these by hand; local mode has none of them. Printed in docs/settings.md with the others.
 */

const QUEUE_SENDERS = ['api', 'drive', 'events', 'schedules'];
const PLACEMENT = ['api', 'drive'];
const TASKS = ['drive', 'schedules'];
const HOSTS = ['drive-host', 'schedules'];
const VOLUMES = ['drive', 'sweep-volumes'];

/**
 * The directory on each file system that holds those of the workbenches. The janitor has it mounted; each access
 * point leads to a directory below it.
 */
export const VOLUMES_PARENT = '/workbenches';

/** The most entries of one list. */
const LIST_MAX = 20;

const ROLE = /^arn:[a-z-]{1,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const SUBNET = { pattern: /^subnet-[0-9a-f]{8,17}$/, expectedItem: 'ids of subnets' } as const;
const LAUNCH_TEMPLATE = /^lt-[0-9a-f]{8,17}:(\d{1,9}|\$Latest|\$Default)$/;
const FILE_SYSTEM = /^fs-[0-9a-f]{8,40}$/;
const FUNCTION =
  /^(arn:[a-z-]{1,20}:lambda:[a-z0-9-]{1,30}:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9_$-]{1,128})?$/;

const capacity = () => ({
  cpuUnits: z.int().check(z.minimum(1), z.maximum(1_048_576)),
  /** What an agent registers, which is less than the type's nominal memory. */
  memoryMib: z.int().check(z.minimum(1), z.maximum(33_554_432)),
  gpuCount: z.int().check(z.minimum(0), z.maximum(1024)),
});

const providersSchema = () =>
  z
    .array(
      z.strictObject({
        /** As ECS takes it. */
        name: z.string().check(z.regex(/^[a-zA-Z0-9_-]{1,255}$/)),
        ...capacity(),
        price: z.number().check(z.minimum(0), z.maximum(10_000)),
      }),
    )
    .check(z.maxLength(LIST_MAX), z.refine(hasUniqueNames));

const instanceTypesSchema = () =>
  z
    .array(z.strictObject({ name: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)), ...capacity() }))
    .check(z.maxLength(LIST_MAX), z.refine(hasUniqueNames));

function hasUniqueNames(entries: readonly { readonly name: string }[]): boolean {
  return new Set(entries.map(({ name }) => name)).size === entries.length;
}

const mountsSchema = () =>
  z
    .record(z.string().check(z.regex(FILE_SYSTEM)), z.string().check(z.regex(/^\/[\w./-]{1,255}$/)))
    .check(z.refine((mounts) => Object.keys(mounts).length <= LIST_MAX));

export const DEPLOYMENT_SETTINGS = {
  WB_QUEUE_URL: url({
    description: 'The work queue: the keys of workbenches that somebody should look at.',
    plain: false,
    required: true,
    readBy: QUEUE_SENDERS,
  }),
  WB_HOST_QUEUE_URL: url({
    description: 'The queue of those that need EC2, whose client `drive` does not carry.',
    plain: false,
    required: true,
    readBy: ['drive', 'drive-host'],
  }),
  WB_INSTALLATION: text({
    description:
      'Tells what is of this installation from all else in the account: its tag, and how the names of its task definitions begin.',
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
  WB_CAPACITY_PROVIDERS: json({
    description:
      'The capacity providers of the cluster, with what one machine of each offers and its price in USD per hour.',
    expected: `a JSON list of at most ${LIST_MAX} of \`{"name","cpuUnits","memoryMib","gpuCount","price"}\`, each name once`,
    schema: providersSchema,
    default: '[]',
    readBy: PLACEMENT,
  }),
  WB_INSTANCE_TYPES: json({
    description: 'The instance types that may be dedicated to a workbench, with what one offers.',
    expected: `a JSON list of at most ${LIST_MAX} of \`{"name","cpuUnits","memoryMib","gpuCount"}\`, each name once`,
    schema: instanceTypesSchema,
    default: '[]',
    readBy: PLACEMENT,
  }),
  WB_IMAGE: text({
    description: 'The image of a workbench. A change reaches a workbench at its next start.',
    expected: 'the name of an image, at most 512 characters',
    maxLength: 512,
    pattern: /^[\w][\w./:@-]*$/,
    required: true,
    readBy: TASKS,
  }),
  WB_IMAGE_UID: integer({
    description: "The image's own user, who owns the files of workbenches. Not root.",
    min: 1,
    max: 4_294_967_294,
    default: 1000,
    readBy: TASKS,
  }),
  WB_IMAGE_GID: integer({
    description: 'The group of that user.',
    min: 1,
    max: 4_294_967_294,
    default: 1000,
    readBy: TASKS,
  }),
  WB_TASK_SUBNETS: list({
    description: 'The private subnets of the tasks.',
    ...SUBNET,
    minItems: 1,
    maxItems: 16,
    readBy: TASKS,
  }),
  WB_TASK_SECURITY_GROUPS: list({
    description: 'The security groups of the tasks.',
    pattern: /^sg-[0-9a-f]{8,17}$/,
    expectedItem: 'ids of security groups',
    minItems: 1,
    maxItems: 5,
    readBy: TASKS,
  }),
  WB_EXECUTION_ROLE_ARN: text({
    description: 'The role with which ECS pulls the image and writes the logs of a task.',
    expected: 'the ARN of a role',
    maxLength: 600,
    pattern: ROLE,
    required: true,
    readBy: TASKS,
  }),
  WB_TASK_ROLE_ARN: text({
    description: 'The role of the tasks: with it they mount their files, and nothing else.',
    expected: 'the ARN of a role',
    maxLength: 600,
    pattern: ROLE,
    required: true,
    readBy: TASKS,
  }),
  WB_TASK_LOG_GROUP: text({
    description: 'The log group for what workbenches print. None: it is not kept.',
    expected: 'the name of a log group',
    maxLength: 512,
    pattern: /^[a-zA-Z0-9_./#-]+$/,
    readBy: TASKS,
  }),
  WB_LAUNCH_TEMPLATE: text({
    description: 'The launch template of dedicated machines, with its version.',
    expected: 'an id and a version such as `lt-0123456789abcdef0:3`',
    maxLength: 40,
    pattern: LAUNCH_TEMPLATE,
    required: true,
    readBy: HOSTS,
  }),
  WB_GPU_LAUNCH_TEMPLATE: text({
    description: 'The same for the instance types with GPUs, whose machine image is another.',
    expected: 'an id and a version such as `lt-0123456789abcdef0:3`',
    maxLength: 40,
    pattern: LAUNCH_TEMPLATE,
    readBy: HOSTS,
  }),
  WB_GPU_INSTANCE_TYPES: list({
    description: 'The instance types that are launched from that template.',
    pattern: /^[a-z0-9][a-z0-9.-]{0,63}$/,
    expectedItem: 'instance types',
    maxItems: LIST_MAX,
    readBy: HOSTS,
  }),
  WB_HOST_SUBNETS: list({
    description: 'The private subnets of dedicated machines, best in several zones.',
    ...SUBNET,
    minItems: 1,
    maxItems: 16,
    readBy: HOSTS,
  }),
  WB_HOST_AMIS: list({
    description:
      'The machine images with which a stopped dedicated machine may still be started; one with another is replaced. None: any.',
    pattern: /^ami-[0-9a-f]{8,17}$/,
    expectedItem: 'ids of machine images',
    maxItems: LIST_MAX,
    readBy: HOSTS,
  }),
  WB_FILE_SYSTEMS: list({
    description:
      'The file systems of EFS for the files of workbenches. One that holds some must stay in the list.',
    pattern: FILE_SYSTEM,
    expectedItem: 'ids of file systems',
    minItems: 1,
    maxItems: LIST_MAX,
    readBy: VOLUMES,
  }),
  WB_JANITOR_FUNCTIONS: list({
    description:
      'The functions that have the file systems mounted, one for each, in the order of WB_FILE_SYSTEMS.',
    pattern: FUNCTION,
    expectedItem: 'names or ARNs of functions',
    minItems: 1,
    maxItems: LIST_MAX,
    readBy: VOLUMES,
  }),
  WB_JANITOR_MOUNTS: json({
    description:
      'Where the directory that holds those of the workbenches is mounted in the janitor: file system → absolute path.',
    expected: `a JSON object of at most ${LIST_MAX} paths, such as \`{"fs-0123456789abcdef0":"/mnt/volumes"}\``,
    schema: mountsSchema,
    required: true,
    readBy: ['janitor'],
  }),
  WB_AUTH_SECRET_ARN: text({
    description:
      'The secret of Secrets Manager with `static_key` (as RESTAPI_AUTH_STATIC_KEY), `jwt_key` (as RESTAPI_AUTH_JWT_KEY), or both. None: only tokens of the OIDC issuer are taken.',
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
/** What a deployed function that reads these settings, and no others, is given. */
export type DeployedSettingsFor<N extends DeployedSettingName> = Pick<Declared, N>;

/** What must hold between the settings of the deployment. */
export const DEPLOYMENT_RULES: readonly SettingRule<Declared>[] = [
  {
    names: ['WB_FILE_SYSTEMS', 'WB_JANITOR_FUNCTIONS'],
    check: (s) =>
      s.WB_FILE_SYSTEMS.length === s.WB_JANITOR_FUNCTIONS.length ? undefined : 'must be as many',
  },
  {
    names: ['WB_AUTH_SECRET_ARN', 'RESTAPI_OIDC_ISSUER'],
    check: (s) =>
      s.WB_AUTH_SECRET_ARN === undefined && s.RESTAPI_OIDC_ISSUER === undefined
        ? 'an authorizer without any of them would refuse everybody'
        : undefined,
  },
  {
    names: ['WB_GPU_LAUNCH_TEMPLATE', 'WB_GPU_INSTANCE_TYPES'],
    check: (s) =>
      s.WB_GPU_LAUNCH_TEMPLATE === undefined && s.WB_GPU_INSTANCE_TYPES.length > 0
        ? 'GPU types need their template'
        : undefined,
  },
];

/**
 * Reads what a deployed function is given.
 * @throws SettingsError listing every fault
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
