import { DEFAULT_POLICY, EFFECT_ENDS_WITHIN_MS } from '#core/workbench/lifecycle/policy.ts';
import { AUDIT_SETTINGS } from './audit-settings.ts';
import { DELETION_SETTINGS } from './deletion-settings.ts';
import { GROUP_SETTINGS } from './group-settings.ts';
import { IDLE_SETTINGS } from './idle-settings.ts';
import { QUOTA_SETTINGS } from './quota-settings.ts';
import type { ValuesOf } from './setting.ts';
import { choice, integer, list, text, url } from './setting-kinds.ts';
import { TEMPLATE_SETTINGS } from './template-settings.ts';

/**
 * The settings of the functions, with description, unit, bounds and default. docs/settings.md is generated from them. A
 * function declares the settings that it reads as `SettingsFor<…>`, and gets no others.
 */

const AUTHORIZER = ['authorizer'];
const API = ['api'];
const LIFE_CYCLE = ['api', 'drive', 'events', 'schedules'];
const TASKS = ['tasks'];
const GATEWAY = ['gateway'];

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const ORIGIN = /^(\*|https?:\/\/[a-z0-9.-]+(:\d{1,5})?|https?:\/\/\[[0-9a-f:]+\](:\d{1,5})?)$/;
const SYSTEM_FOLDERS = 'bin|boot|dev|etc|home|lib|lib32|lib64|libx32|mnt|proc|root|run|sbin|sys|tmp|usr|var';
/** Names without a leading dot, so that a path contains no `..`. */
const MOUNT_PATH = new RegExp(
  `^/(?!(${SYSTEM_FOLDERS})(/|$))[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`,
);

/** A duration of the life cycle's policy. The default is the policy's own. */
function duration(defaultMs: number, min: number, max: number, description: string) {
  return integer({ description, readBy: LIFE_CYCLE, unit: 's', min, max, default: defaultMs / 1000 });
}

const DAY = 86_400;

/** The sizes that can be requested, and the widest bounds that an operator can set for them. */
const RAM = { unit: 'MiB', min: 4, max: 33_554_432 } as const;
const CPU = { unit: 'units of 1/1,024 vCPU', min: 1, max: 1_048_576 } as const;
const GPU = { unit: 'GPUs', min: 0, max: 1024 } as const;

function amount(kind: typeof RAM | typeof CPU | typeof GPU, byDefault: number, description: string) {
  return integer({ ...kind, default: byDefault, description, readBy: API });
}

export const SETTINGS = {
  RESTAPI_AUTH: choice({
    description:
      'The value `none` opens the API: every client that can reach it has full access. The controller does not start without either this or a key.',
    values: ['none'],
    readBy: ['authorizer', 'api'],
  }),
  RESTAPI_AUTH_STATIC_KEY: text({
    description:
      'The key that a trusted backend sends as its bearer token. It gives access in the name of any user.',
    expected: '16 to 4,096 visible ASCII characters without spaces',
    minLength: 16,
    maxLength: 4096,
    pattern: VISIBLE_ASCII,
    secret: true,
    readBy: AUTHORIZER,
  }),
  RESTAPI_AUTH_JWT_KEY: text({
    description:
      'The secret that signs HS256 tokens. It must be at least as long as the hash (RFC 7518, section 3.2). A token without the user claim gives access in the name of any user.',
    expected: '32 to 4,096 visible ASCII characters without spaces',
    minLength: 32,
    maxLength: 4096,
    pattern: VISIBLE_ASCII,
    secret: true,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_ISSUER: text({
    description:
      'The OpenID Connect issuer whose tokens are accepted, exactly as in their `iss` claim. Requires RESTAPI_OIDC_AUDIENCE and RESTAPI_OIDC_JWKS_URL.',
    maxLength: 2048,
    pattern: VISIBLE_ASCII,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_AUDIENCE: text({
    description: 'The audience that the `aud` claim of a token must contain.',
    maxLength: 2048,
    pattern: VISIBLE_ASCII,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_JWKS_URL: url({
    description:
      'The address of the keys of the issuer: the `jwks_uri` of its discovery document. In Keycloak it ends in `/protocol/openid-connect/certs`.',
    plain: false,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_SERVICE_CLIENTS: list({
    description:
      'Client ids (`azp` or `client_id`) of trusted services. Their tokens need no user claim, and then give access in the name of any user.',
    pattern: /^[\x21-\x7e]{1,256}$/,
    expectedItem: 'client ids of 1 to 256 visible ASCII characters',
    maxItems: 50,
    readBy: AUTHORIZER,
  }),
  RESTAPI_USER_CLAIM: text({
    description: 'The claim of a token that contains the user_id.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: VISIBLE_ASCII,
    default: 'sub',
    readBy: AUTHORIZER,
  }),
  ...GROUP_SETTINGS,
  RESTAPI_ADMIN_SCOPE: text({
    description:
      'The scope with which a token gives access in the name of any user, and to the routes for operators.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: VISIBLE_ASCII,
    default: 'workbench:admin',
    readBy: API,
  }),
  RESTAPI_AUTH_CACHE_SECONDS: integer({
    description:
      "How long the gateway caches the authorizer's response for a token. With 0 it calls the authorizer for every request.",
    unit: 's',
    min: 0,
    max: 60,
    default: 60,
    readBy: GATEWAY,
  }),
  RESTAPI_URL_PREFIX: text({
    description: 'The prefix of every path of the API.',
    expected: 'path segments such as `/api/v1`, without a slash at the end, at most 128 characters',
    maxLength: 128,
    pattern: /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+$/,
    readBy: ['gateway', 'api'],
  }),
  RESTAPI_CORS_ORIGIN: list({
    description: 'The origins whose pages can call the API from a browser. By default no origin can.',
    pattern: ORIGIN,
    expectedItem: 'origins such as `https://app.example.com`, or `*`',
    maxItems: 20,
    readBy: GATEWAY,
  }),
  BASE_URL: url({
    description:
      'The address at which workbenches are served. The public endpoint of a workbench is `<BASE_URL>/project/<workbench_id>`.',
    plain: true,
    required: true,
    readBy: ['api', 'tasks'],
  }),
  WB_GATE: choice({
    description:
      'How the gate serves workbenches: each on a host of its own below the host of BASE_URL, or all below `/project/` of BASE_URL. `POST /workbenches/{wid}/open` then returns a URL with a ticket. Without it the gate asks for no sessions, or there is none, and the response is the plain address.',
    values: ['host', 'prefix'],
    readBy: API,
  }),
  WB_TABLE_NAME: text({
    description: 'The name of the DynamoDB table.',
    expected: '3 to 255 letters, digits, dots, dashes and underscores',
    minLength: 3,
    maxLength: 255,
    pattern: /^[a-zA-Z0-9_.-]+$/,
    default: 'workbenches',
    readBy: LIFE_CYCLE,
  }),
  WB_DEFAULT_RAM: amount(RAM, 2048, 'The memory of a workbench if the request does not set it.'),
  WB_MIN_RAM: amount(RAM, 256, 'The minimum memory that can be requested.'),
  WB_MAX_RAM: amount(RAM, 786432, 'The maximum memory that can be requested.'),
  WB_DEFAULT_CPU: amount(CPU, 1024, 'The CPU units of a workbench if the request does not set them.'),
  WB_MIN_CPU: amount(CPU, 128, 'The minimum CPU units that can be requested.'),
  WB_MAX_CPU: amount(CPU, 196608, 'The maximum CPU units that can be requested.'),
  WB_DEFAULT_GPU: amount(GPU, 0, 'The number of GPUs of a workbench if the request does not set it.'),
  WB_MIN_GPU: amount(GPU, 0, 'The minimum number of GPUs that can be requested.'),
  WB_MAX_GPU: amount(GPU, 16, 'The maximum number of GPUs that can be requested.'),
  ...TEMPLATE_SETTINGS,
  ...QUOTA_SETTINGS,
  WB_USER_STARTS_PER_MINUTE: integer({
    description:
      'How often a user can create, start or restart a workbench within a minute of the clock. A further request gets a 429 response (`start_rate`). Requests that change nothing, and starts by the controller, do not count. `0` means no limit.',
    readBy: API,
    min: 0,
    max: 1000,
    default: 0,
  }),
  ...AUDIT_SETTINGS,
  WB_ORGANISATION_SHARES: choice({
    description:
      'Whether a workbench may be shared with the organisation: with every authenticated user. With `false` such shares cannot be created, and those that exist give no right.',
    values: ['true', 'false'],
    default: 'false',
    readBy: ['api', 'gate'],
  }),
  WB_BOOT_COMMAND: text({
    description:
      'The command that starts a workbench, instead of the command of the image. It responds to HTTP on `PORT`. Without a container it may listen on the Unix socket `WB_SOCKET` instead, which only the server can connect to.',
    maxLength: 4096,
    readBy: TASKS,
  }),
  WB_HEALTH_COMMAND: text({
    description:
      'On AWS: the health check of workbenches, a script for `sh -c` in the container. A workbench is `running` when it exits with 0 within 5 s. By default a request to the port with the first of curl, wget, bash and python3 that the image has; a response with a status below 500 is enough.',
    maxLength: 1024,
    readBy: TASKS,
  }),
  WB_CONTAINER_PORT: integer({
    description: 'The port on which the container of a workbench serves HTTP.',
    min: 1,
    max: 65_535,
    default: 8080,
    readBy: ['events', 'tasks'],
  }),
  WB_MOUNT_PATH: text({
    description:
      'The folder in the container at which the volume is mounted; `WORKSPACE_PATH` is `project` in it. The image must not have this folder: on AWS no workbench starts if the image has it with another owner. Programs store absolute paths in the files of workbenches, so do not change it later.',
    expected: 'an absolute path outside the system folders, at most 256 characters',
    maxLength: 256,
    pattern: MOUNT_PATH,
    default: '/workbench',
    readBy: TASKS,
  }),
  WB_STARTING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.startingTimeoutMs,
    1,
    DAY,
    'Ends a start that has no task after this time. The time during which ECS throttles the start does not count.',
  ),
  WB_PROVISIONING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.provisioningTimeoutMs,
    1,
    DAY,
    'Ends a start whose task has waited for capacity for this time.',
  ),
  WB_PENDING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.pendingTimeoutMs,
    1,
    DAY,
    'Ends a start whose task has capacity but does not respond to HTTP requests after this time.',
  ),
  WB_STOPPING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.stoppingTimeoutMs,
    1,
    DAY,
    'A stop that takes longer than this is overdue and reported as `instance_unreachable`. The controller continues until the task is known to have ended.',
  ),
  WB_DELETING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.deletingTimeoutMs,
    1,
    7 * DAY,
    'A delete that takes longer than this is reported as overdue. The controller continues with it.',
  ),
  WB_STOP_SETTLE_SECONDS: duration(
    DEFAULT_POLICY.stopSettleMs,
    0,
    3600,
    'How long a stopped task still counts as running. Its container can outlive the STOPPED status for a few seconds.',
  ),
  WB_POLL_INTERVAL_SECONDS: duration(
    DEFAULT_POLICY.pollIntervalMs,
    1,
    3600,
    'How often the controller polls a workbench in transition if no event arrives.',
  ),
  WB_STOP_RETRY_SECONDS: duration(
    DEFAULT_POLICY.stopRetryMs,
    1,
    3600,
    'How often the controller repeats a StopTask call that has had no effect.',
  ),
  WB_START_RETRY_SECONDS: duration(
    DEFAULT_POLICY.startRetryMs,
    EFFECT_ENDS_WITHIN_MS / 1000,
    DAY,
    'How long the controller waits before it makes a new attempt, after a refused start or a launch whose instance ended at once.',
  ),
  WB_START_ATTEMPTS_MAX: integer({
    description:
      'A start ends after this many tasks that failed on the side of the platform before the workbench ran: the image could not be pulled, the volume could not be mounted, or the instance was lost. With 1 the controller does not retry.',
    readBy: LIFE_CYCLE,
    min: 1,
    max: 5,
    default: DEFAULT_POLICY.startAttemptsMax,
  }),
  WB_START_ATTEMPTS_WITHIN_SECONDS: duration(
    DEFAULT_POLICY.startAttemptsWithinMs,
    0,
    DAY,
    'The controller makes no new attempt after such a failure later than this after the request to start.',
  ),
  WB_HOST_LAUNCHES_MAX: integer({
    description:
      'A start on a dedicated instance ends with `start_refused` after this many launches whose instance ended before it was ready.',
    readBy: LIFE_CYCLE,
    min: 1,
    max: 10,
    default: DEFAULT_POLICY.hostLaunchesMax,
  }),
  WB_TASK_MISSING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.taskMissingTimeoutMs,
    60,
    DAY,
    'A task counts as lost after ECS has not found it for this time. The delay is needed because lists in ECS are eventually consistent.',
  ),
  WB_ORPHAN_GRACE_SECONDS: duration(
    15 * 60_000,
    60,
    DAY,
    'The reconciler does not delete an orphaned task or host until it is this old, because its record may not be visible yet.',
  ),
  WB_VOLUME_GRACE_SECONDS: duration(
    DAY * 1000,
    3600,
    30 * DAY,
    'The reconciler ignores an orphaned volume until it is this old. After that it deletes the volume if it is empty or its workbench was being deleted, and quarantines it otherwise.',
  ),
  WB_AGENT_SILENT_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.agentSilentTimeoutMs,
    300,
    7 * DAY,
    'Ends every running workbench, on shared instances too, whose ECS agent has been disconnected for this time (`instance_lost`). Agents often disconnect for some seconds, so a low value ends healthy workbenches. It is also the wait before the controller terminates the instance under a stop: from the disconnection, or for a host from the time when the stop is overdue.',
  ),
  WB_GATE_SILENT_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.gateSilentTimeoutMs,
    0,
    600,
    'A workbench whose task is ready becomes `running` when the gate reaches it, or when the gate has not responded for this time. With 0 the gate is not asked. A stage with a gate that the functions can reach has 60 unless it sets another value.',
  ),
  ...IDLE_SETTINGS,
  ...DELETION_SETTINGS,
  WB_INTERRUPTION_STOP_SECONDS: duration(
    DEFAULT_POLICY.interruptionStopMs,
    0,
    85,
    'Stops a running workbench this long after the warning that AWS takes its spot instance back. AWS ends the instance 120 s after the warning, and the processes of a workbench have 30 s to end.',
  ),
};

export type Settings = ValuesOf<typeof SETTINGS>;
export type SettingName = keyof Settings;
/** The values of these settings only. */
export type SettingsFor<N extends SettingName> = Pick<Settings, N>;
