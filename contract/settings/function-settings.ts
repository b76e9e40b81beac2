import { DEFAULT_POLICY, EFFECT_ENDS_WITHIN_MS } from '#core/workbench/lifecycle/policy.ts';
import { type Environment, parseSettings, type SettingRule, type ValuesOf } from './setting.ts';
import { choice, integer, list, text, url } from './setting-kinds.ts';

/**
 * The environment of the functions: every setting with its meaning, unit, bounds and default. Printed as
 * docs/settings.md. A function names what it reads by `SettingsFor<…>`, and gets no more.
 */

const AUTHORIZER = ['authorizer'];
const API = ['api'];
const LIFE_CYCLE = ['api', 'drive', 'events', 'schedules'];
const TASKS = ['tasks'];
const GATEWAY = ['front'];

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const ORIGIN = /^(\*|https?:\/\/[a-z0-9.-]+(:\d{1,5})?|https?:\/\/\[[0-9a-f:]+\](:\d{1,5})?)$/;

/** A duration of the policy, in seconds, by default what the life cycle itself has. */
function duration(defaultMs: number, min: number, max: number, description: string) {
  return integer({ description, readBy: LIFE_CYCLE, unit: 's', min, max, default: defaultMs / 1000 });
}

const DAY = 86_400;

/** What can be requested, and the widest bounds that settings may give it. */
const RAM = { unit: 'MiB', min: 4, max: 33_554_432 } as const;
const CPU = { unit: 'units of 1/1,024 vCPU', min: 1, max: 1_048_576 } as const;
const GPU = { unit: 'GPUs', min: 0, max: 1024 } as const;

function amount(kind: typeof RAM | typeof CPU | typeof GPU, byDefault: number, description: string) {
  return integer({ ...kind, default: byDefault, description, readBy: API });
}

export const SETTINGS = {
  RESTAPI_AUTH: choice({
    description:
      'Says in words that the API is open: everybody who reaches it may do everything. Without it, and without any key, nothing starts.',
    words: ['none'],
    readBy: ['authorizer', 'api'],
  }),
  RESTAPI_AUTH_STATIC_KEY: text({
    description: 'The key that a trusted backend sends as its bearer token. Acts for any user.',
    expected: '16 to 4,096 visible ASCII characters without spaces',
    minLength: 16,
    maxLength: 4096,
    pattern: VISIBLE_ASCII,
    secret: true,
    readBy: AUTHORIZER,
  }),
  RESTAPI_AUTH_JWT_KEY: text({
    description:
      'The secret of HS256 tokens, at least as long as the hash (RFC 7518, 3.2). A token without the user claim acts for any user.',
    expected: '32 to 4,096 visible ASCII characters without spaces',
    minLength: 32,
    maxLength: 4096,
    pattern: VISIBLE_ASCII,
    secret: true,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_ISSUER: text({
    description:
      'The issuer (`iss`) whose tokens are accepted, exactly as they carry it. Needs audience and JWKS address.',
    maxLength: 2048,
    pattern: VISIBLE_ASCII,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_AUDIENCE: text({
    description: 'The audience (`aud`) that a token of the issuer must name.',
    maxLength: 2048,
    pattern: VISIBLE_ASCII,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_JWKS_URL: url({
    description:
      "Where the issuer publishes its keys: the `jwks_uri` of its discovery document (Keycloak's ends in `/protocol/openid-connect/certs`).",
    plain: false,
    readBy: AUTHORIZER,
  }),
  RESTAPI_OIDC_SERVICE_CLIENTS: list({
    description:
      'Client ids (`azp` or `client_id`) of trusted services: their tokens need no user claim and then act for any user.',
    pattern: /^[\x21-\x7e]{1,256}$/,
    expectedItem: 'client ids of 1 to 256 visible ASCII characters',
    maxItems: 50,
    readBy: AUTHORIZER,
  }),
  RESTAPI_USER_CLAIM: text({
    description: 'The claim of a token that holds its user_id.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: VISIBLE_ASCII,
    default: 'sub',
    readBy: AUTHORIZER,
  }),
  RESTAPI_ADMIN_SCOPE: text({
    description: 'The scope that lets a token act for any user.',
    expected: '1 to 128 visible ASCII characters',
    maxLength: 128,
    pattern: VISIBLE_ASCII,
    default: 'workbench:admin',
    readBy: API,
  }),
  RESTAPI_AUTH_CACHE_SECONDS: integer({
    description: "How long the gateway may keep the authorizer's answer about a token. 0 asks each time.",
    unit: 's',
    min: 0,
    max: 60,
    default: 60,
    readBy: GATEWAY,
  }),
  RESTAPI_URL_PREFIX: text({
    description: 'Comes before every path of the API.',
    expected: 'path segments such as `/api/v1`, without a slash at the end, at most 128 characters',
    maxLength: 128,
    pattern: /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+$/,
    readBy: ['gateway', 'api'],
  }),
  RESTAPI_CORS_ORIGIN: list({
    description: 'The origins whose pages may call the API from a browser. None unless set.',
    pattern: ORIGIN,
    expectedItem: 'origins such as `https://app.example.com`, or `*`',
    maxItems: 20,
    readBy: GATEWAY,
  }),
  BASE_URL: url({
    description:
      'Where workbenches are served: the public endpoint of one is `<BASE_URL>/project/<workbench_id>`.',
    plain: true,
    required: true,
    readBy: ['api', 'tasks'],
  }),
  WB_TABLE_NAME: text({
    description: 'The DynamoDB table.',
    expected: '3 to 255 letters, digits, dots, dashes and underscores',
    minLength: 3,
    maxLength: 255,
    pattern: /^[a-zA-Z0-9_.-]+$/,
    default: 'workbenches',
    readBy: LIFE_CYCLE,
  }),
  WB_DEFAULT_RAM: amount(RAM, 2048, 'How much memory a workbench gets when the request does not say.'),
  WB_MIN_RAM: amount(RAM, 256, 'The least memory that may be requested.'),
  WB_MAX_RAM: amount(RAM, 786432, 'The most memory that may be requested.'),
  WB_DEFAULT_CPU: amount(CPU, 1024, 'How much CPU a workbench gets when the request does not say.'),
  WB_MIN_CPU: amount(CPU, 128, 'The least CPU that may be requested.'),
  WB_MAX_CPU: amount(CPU, 196608, 'The most CPU that may be requested.'),
  WB_DEFAULT_GPU: amount(GPU, 0, 'How many GPUs a workbench gets when the request does not say.'),
  WB_MIN_GPU: amount(GPU, 0, 'The fewest GPUs that may be requested.'),
  WB_MAX_GPU: amount(GPU, 16, 'The most GPUs that may be requested.'),
  WB_BOOT_COMMAND: text({
    description: 'The command that a workbench boots with, instead of its own.',
    maxLength: 4096,
    readBy: TASKS,
  }),
  WB_CONTAINER_PORT: integer({
    description: 'The port on which the container of a workbench answers HTTP.',
    min: 1,
    max: 65_535,
    default: 8080,
    readBy: ['events', 'tasks'],
  }),
  WB_STARTING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.startingTimeoutMs,
    1,
    DAY,
    'How long a start may take until there is a task; stands still while the work is queued by us.',
  ),
  WB_PROVISIONING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.provisioningTimeoutMs,
    1,
    DAY,
    'How long a task may wait for capacity.',
  ),
  WB_PENDING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.pendingTimeoutMs,
    1,
    DAY,
    'How long a task may be prepared until it answers HTTP.',
  ),
  WB_STOPPING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.stoppingTimeoutMs,
    1,
    DAY,
    'After this a stop is reported as `instance_unreachable`; it is never assumed to have happened.',
  ),
  WB_DELETING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.deletingTimeoutMs,
    1,
    7 * DAY,
    'After this a destroy that has not ended is reported as overdue.',
  ),
  WB_STOP_SETTLE_SECONDS: duration(
    DEFAULT_POLICY.stopSettleMs,
    0,
    3600,
    'A stopped task counts as gone only after this: its container may outlive the answer.',
  ),
  WB_POLL_INTERVAL_SECONDS: duration(
    DEFAULT_POLICY.pollIntervalMs,
    1,
    3600,
    'How often a workbench in transition is looked at when no event comes.',
  ),
  WB_STOP_RETRY_SECONDS: duration(
    DEFAULT_POLICY.stopRetryMs,
    1,
    3600,
    'How often a stop that shows no effect is asked for again.',
  ),
  WB_START_RETRY_SECONDS: duration(
    DEFAULT_POLICY.startRetryMs,
    EFFECT_ENDS_WITHIN_MS / 1000,
    DAY,
    'How long a new attempt waits after a refusal.',
  ),
  WB_TASK_MISSING_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.taskMissingTimeoutMs,
    60,
    DAY,
    'A task that is not found counts as gone after this: lists lag.',
  ),
  WB_ORPHAN_GRACE_SECONDS: duration(
    15 * 60_000,
    60,
    DAY,
    'A task or machine that no record wants is left alone this long after it was made: its record may be on its way.',
  ),
  WB_VOLUME_GRACE_SECONDS: duration(
    DAY * 1000,
    3600,
    30 * DAY,
    'The same for a volume, which is then deleted when it is empty or its destruction was asked for, and otherwise set aside.',
  ),
  WB_AGENT_SILENT_TIMEOUT_SECONDS: duration(
    DEFAULT_POLICY.agentSilentTimeoutMs,
    60,
    7 * DAY,
    'A dedicated host that keeps an overdue stop from ending is terminated after this much more.',
  ),
};

export type Settings = ValuesOf<typeof SETTINGS>;
export type SettingName = keyof Settings;
/** What a function that reads these settings, and no others, is given. */
export type SettingsFor<N extends SettingName> = Pick<Settings, N>;

/**
 * Reads every setting of the functions.
 * @throws SettingsError listing every fault
 */
export function readSettings(env: Environment): Settings {
  return parseSettings(SETTINGS, SETTING_RULES, env);
}

/** What must hold between the settings of the functions. */
export const SETTING_RULES: readonly SettingRule<Settings>[] = [
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_AUTH_STATIC_KEY', 'RESTAPI_AUTH_JWT_KEY', 'RESTAPI_OIDC_ISSUER'],
    check: (s) => {
      const keys = s.RESTAPI_AUTH_STATIC_KEY ?? s.RESTAPI_AUTH_JWT_KEY ?? s.RESTAPI_OIDC_ISSUER;
      if (s.RESTAPI_AUTH === 'none') {
        return keys === undefined ? undefined : '`none` contradicts a configured key; leave one of them out';
      }
      return keys === undefined
        ? 'no key is configured; set one, or `RESTAPI_AUTH=none` to leave the API open'
        : undefined;
    },
  },
  {
    names: ['RESTAPI_OIDC_ISSUER', 'RESTAPI_OIDC_AUDIENCE', 'RESTAPI_OIDC_JWKS_URL'],
    check: (s) => {
      const given = [s.RESTAPI_OIDC_ISSUER, s.RESTAPI_OIDC_AUDIENCE, s.RESTAPI_OIDC_JWKS_URL];
      const missing = given.includes(undefined) && given.some((value) => value !== undefined);
      return missing ? 'OIDC needs all three of them' : undefined;
    },
  },
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_CORS_ORIGIN'],
    check: (s) =>
      s.RESTAPI_AUTH === 'none' && s.RESTAPI_CORS_ORIGIN.includes('*')
        ? 'an open API must not be open to every web page too; name the origins'
        : undefined,
  },
  ascending('WB_MIN_RAM', 'WB_DEFAULT_RAM', 'WB_MAX_RAM'),
  ascending('WB_MIN_CPU', 'WB_DEFAULT_CPU', 'WB_MAX_CPU'),
  ascending('WB_MIN_GPU', 'WB_DEFAULT_GPU', 'WB_MAX_GPU'),
];

type Amount = `WB_${'MIN' | 'DEFAULT' | 'MAX'}_${'RAM' | 'CPU' | 'GPU'}`;

function ascending(min: Amount, byDefault: Amount, max: Amount): SettingRule<Settings> {
  return {
    names: [min, byDefault, max],
    check: (s) => (s[min] <= s[byDefault] && s[byDefault] <= s[max] ? undefined : 'must grow in this order'),
  };
}
