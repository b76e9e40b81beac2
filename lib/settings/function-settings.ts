import * as z from 'zod/mini';
import { SETTING_RULES } from '#contract/settings/function-setting-rules.ts';
import { SETTINGS, type SettingName, type Settings } from '#contract/settings/function-settings.ts';
import { type Environment, parseSettings, SettingsError } from '#contract/settings/setting.ts';
import type { WorkbenchTemplate } from '#contract/settings/template-settings.ts';
import type { AuthSetting } from './access.ts';
import type { GatewaySettings } from './gateway.ts';
import { ANY_ADDRESS } from './network.ts';
import { describeProblem, group } from './setting-types.ts';
import type { StageProblem } from './stage-error.ts';

/**
 * Converts the settings of a stage to the environment of its functions and checks them with the declarations of the
 * functions. A value with which a function would not start is an error in the stage file.
 */

/** Settings of the functions that a stage can set by name. Other stage settings determine the rest. */
export type OverridableName = Exclude<Extract<SettingName, `WB_${string}`>, NotOverridable>;
/** The name of the table follows from the stage. Templates are `templates` of the stage. */
type NotOverridable = (typeof NOT_OVERRIDABLE)[number];
const NOT_OVERRIDABLE = ['WB_TABLE_NAME', 'WB_TEMPLATES'] as const;

const OVERRIDABLE = (Object.keys(SETTINGS) as SettingName[]).filter(
  (name): name is OverridableName =>
    name.startsWith('WB_') && !(NOT_OVERRIDABLE as readonly string[]).includes(name),
);

function overrideSetting(name: OverridableName) {
  const { description, unit, expected, default: defaultValue } = SETTINGS[name];
  const about = `${description}${defaultValue === undefined ? '' : ` \`${defaultValue}\` by default.`}`;
  const error = (issue: { readonly input?: unknown }) => describeProblem(expected, issue.input);
  return z.optional(
    z
      .union([z.string(), z.number()], { error })
      .check(z.meta({ description: about, expected, ...(unit === undefined ? {} : { unit }) })),
  );
}

const overrides = Object.fromEntries(OVERRIDABLE.map((name) => [name, overrideSetting(name)])) as Record<
  OverridableName,
  ReturnType<typeof overrideSetting>
>;

export const functionsSetting = group(overrides, {
  description:
    'Settings of the functions, under their own names. The settings that are missing here are derived from the rest of this file.',
});

export type FunctionOverrides = z.infer<typeof functionsSetting>;

/** The parts of a stage's settings that functions read. */
export interface FunctionStageSettings {
  readonly baseUrl?: string | undefined;
  /** `none` or absent: there is no gate. */
  readonly gateway?: unknown;
  readonly auth?: AuthSetting | undefined;
  readonly api?: {
    readonly prefix?: string | undefined;
    readonly corsOrigins: readonly string[];
    readonly authCacheSeconds: number;
  };
  readonly templates?: readonly WorkbenchTemplate[];
  readonly functions?: FunctionOverrides;
}

/** The path of each setting in the stage file. */
const STAGE_PATHS: Partial<Record<SettingName, string>> = {
  BASE_URL: 'baseUrl',
  WB_GATE: 'gateway',
  RESTAPI_AUTH: 'auth',
  RESTAPI_AUTH_STATIC_KEY: 'auth.staticKey',
  RESTAPI_OIDC_ISSUER: 'auth.oidc.issuer',
  RESTAPI_OIDC_AUDIENCE: 'auth.oidc.audience',
  RESTAPI_OIDC_JWKS_URL: 'auth.oidc.jwksUrl',
  RESTAPI_OIDC_SERVICE_CLIENTS: 'auth.oidc.serviceClients',
  RESTAPI_USER_CLAIM: 'auth.userClaim',
  WB_GROUPS_CLAIM: 'auth.groupsClaim',
  RESTAPI_ADMIN_SCOPE: 'auth.adminScope',
  RESTAPI_AUTH_CACHE_SECONDS: 'api.authCacheSeconds',
  RESTAPI_URL_PREFIX: 'api.prefix',
  RESTAPI_CORS_ORIGIN: 'api.corsOrigins',
  WB_TEMPLATES: 'templates',
};

/** Placeholder for a key, which is in Secrets Manager and not in the settings. */
const KEY_IN_SECRET = 'x'.repeat(32);

/** Several polls of a start. */
const GATE_SILENT_SECONDS = '60';

/** The functions are outside the VPC and have changing public addresses. */
function isOpenToFunctions(gateway: unknown): boolean {
  const { internetFacing, allowedCidrs } = gateway as Partial<GatewaySettings>;
  return internetFacing === true && allowedCidrs?.includes(ANY_ADDRESS) === true;
}

/** Returns the environment, without secrets and without values that are known only at deployment. */
export function toEnvironment({
  baseUrl,
  gateway,
  auth,
  api,
  templates = [],
  functions = {},
}: FunctionStageSettings): Environment {
  const keys = auth === 'none' ? undefined : auth;
  const hasGate = gateway !== undefined && gateway !== 'none';
  return {
    BASE_URL: baseUrl,
    WB_GATE: hasGate ? 'host' : undefined,
    // Without a gate the controller does not see who uses a workbench in a browser.
    ...(hasGate ? {} : { WB_IDLE_STOP_MINUTES: '0', WB_IDLE_STOP_GPU_MINUTES: '0' }),
    ...(hasGate && isOpenToFunctions(gateway) ? { WB_GATE_SILENT_TIMEOUT_SECONDS: GATE_SILENT_SECONDS } : {}),
    RESTAPI_AUTH: auth === 'none' ? 'none' : undefined,
    RESTAPI_OIDC_ISSUER: keys?.oidc?.issuer,
    RESTAPI_OIDC_AUDIENCE: keys?.oidc?.audience,
    RESTAPI_OIDC_JWKS_URL: keys?.oidc?.jwksUrl,
    RESTAPI_OIDC_SERVICE_CLIENTS: keys?.oidc?.serviceClients.join(','),
    RESTAPI_USER_CLAIM: keys?.userClaim,
    WB_GROUPS_CLAIM: keys?.groupsClaim,
    RESTAPI_ADMIN_SCOPE: keys?.adminScope,
    RESTAPI_AUTH_CACHE_SECONDS: api === undefined ? undefined : String(api.authCacheSeconds),
    RESTAPI_URL_PREFIX: api?.prefix,
    RESTAPI_CORS_ORIGIN: api?.corsOrigins.join(','),
    WB_TEMPLATES: JSON.stringify(templates),
    ...Object.fromEntries(
      Object.entries(functions).map(([name, value]) => [name, value === undefined ? value : String(value)]),
    ),
  };
}

/** Returns the errors with which a function would not start. */
export function checkFunctionSettings(stage: FunctionStageSettings): readonly StageProblem[] {
  const { auth } = stage;
  const keys = auth === 'none' || auth === undefined ? undefined : auth;
  const env = {
    ...toEnvironment(stage),
    // Another rule checks that a key is configured.
    ...(keys === undefined ? {} : { RESTAPI_AUTH_STATIC_KEY: KEY_IN_SECRET }),
  };
  try {
    parseSettings(SETTINGS, SETTING_RULES, env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ name, problem }) => ({
      path: name
        .split(', ')
        .map((setting) => STAGE_PATHS[setting as SettingName] ?? `functions.${setting}`)
        .join(', '),
      problem,
    }));
  }
}

/** Returns the settings as the functions read them. The stage must be valid. */
export function readFunctionSettings(stage: FunctionStageSettings): Pick<Settings, OverridableName> {
  return parseSettings(SETTINGS, [], toEnvironment(stage));
}
