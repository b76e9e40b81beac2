import * as z from 'zod/mini';
import {
  SETTING_RULES,
  SETTINGS,
  type SettingName,
  type Settings,
} from '#contract/settings/function-settings.ts';
import { type Environment, parseSettings, SettingsError } from '#contract/settings/setting.ts';
import type { AuthSetting } from './access.ts';
import { describeProblem, group } from './setting-types.ts';
import type { StageProblem } from './stage-error.ts';

/**
 * From the settings of a stage to the environment of its functions, checked by the functions' own declarations:
 * what would make a function refuse to start is a fault of the stage's file.
 */

/** What a stage may say of the functions, under the functions' own names; the rest follows from other settings. */
export type OverridableName = Exclude<Extract<SettingName, `WB_${string}`>, 'WB_TABLE_NAME'>;

const OVERRIDABLE = (Object.keys(SETTINGS) as SettingName[]).filter(
  (name): name is OverridableName => name.startsWith('WB_') && name !== 'WB_TABLE_NAME',
);

function overrideSetting(name: OverridableName) {
  const { description, unit, expected, default: byDefault } = SETTINGS[name];
  const about = `${description}${byDefault === undefined ? '' : ` \`${byDefault}\` by default.`}`;
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
  description: 'Settings of the functions, under their own names; the others follow from what stands here.',
});

export type FunctionOverrides = z.infer<typeof functionsSetting>;

/** The parts of a stage's settings that functions read. */
export interface FunctionStageSettings {
  readonly baseUrl?: string | undefined;
  readonly auth?: AuthSetting | undefined;
  readonly api?: {
    readonly prefix?: string | undefined;
    readonly corsOrigins: readonly string[];
    readonly authCacheSeconds: number;
  };
  readonly functions?: FunctionOverrides;
}

/** Where in a stage's file the value of a setting stands. */
const STAGE_PATHS: Partial<Record<SettingName, string>> = {
  BASE_URL: 'baseUrl',
  RESTAPI_AUTH: 'auth',
  RESTAPI_AUTH_STATIC_KEY: 'auth.staticKey',
  RESTAPI_OIDC_ISSUER: 'auth.oidc.issuer',
  RESTAPI_OIDC_AUDIENCE: 'auth.oidc.audience',
  RESTAPI_OIDC_JWKS_URL: 'auth.oidc.jwksUrl',
  RESTAPI_OIDC_SERVICE_CLIENTS: 'auth.oidc.serviceClients',
  RESTAPI_USER_CLAIM: 'auth.userClaim',
  RESTAPI_ADMIN_SCOPE: 'auth.adminScope',
  RESTAPI_AUTH_CACHE_SECONDS: 'api.authCacheSeconds',
  RESTAPI_URL_PREFIX: 'api.prefix',
  RESTAPI_CORS_ORIGIN: 'api.corsOrigins',
};

/** Stands in for a key, which is in Secrets Manager and not in the settings. */
const KEY_IN_SECRET = 'x'.repeat(32);

/** The environment as text, without the secrets and without what only the deployment knows. */
export function toEnvironment({ baseUrl, auth, api, functions = {} }: FunctionStageSettings): Environment {
  const keys = auth === 'none' ? undefined : auth;
  return {
    BASE_URL: baseUrl,
    RESTAPI_AUTH: auth === 'none' ? 'none' : undefined,
    RESTAPI_OIDC_ISSUER: keys?.oidc?.issuer,
    RESTAPI_OIDC_AUDIENCE: keys?.oidc?.audience,
    RESTAPI_OIDC_JWKS_URL: keys?.oidc?.jwksUrl,
    RESTAPI_OIDC_SERVICE_CLIENTS: keys?.oidc?.serviceClients.join(','),
    RESTAPI_USER_CLAIM: keys?.userClaim,
    RESTAPI_ADMIN_SCOPE: keys?.adminScope,
    RESTAPI_AUTH_CACHE_SECONDS: api === undefined ? undefined : String(api.authCacheSeconds),
    RESTAPI_URL_PREFIX: api?.prefix,
    RESTAPI_CORS_ORIGIN: api?.corsOrigins.join(','),
    ...Object.fromEntries(
      Object.entries(functions).map(([name, value]) => [name, value === undefined ? value : String(value)]),
    ),
  };
}

/** What a function would refuse. */
export function checkFunctionSettings(stage: FunctionStageSettings): readonly StageProblem[] {
  const { auth } = stage;
  const keys = auth === 'none' || auth === undefined ? undefined : auth;
  const env = {
    ...toEnvironment(stage),
    // That there is one at all is a rule of its own.
    ...(keys === undefined ? {} : { RESTAPI_AUTH_STATIC_KEY: KEY_IN_SECRET }),
  };
  try {
    parseSettings(SETTINGS, SETTING_RULES, env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ name, problem: what }) => ({
      path: name
        .split(', ')
        .map((one) => STAGE_PATHS[one as SettingName] ?? `functions.${one}`)
        .join(', '),
      problem: what,
    }));
  }
}

/** The functions' settings as they read them. Only for a stage without faults. */
export function readFunctionSettings(stage: FunctionStageSettings): Pick<Settings, OverridableName> {
  return parseSettings(SETTINGS, [], toEnvironment(stage));
}
