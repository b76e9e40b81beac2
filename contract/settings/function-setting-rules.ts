import { IDLE_STOP_MINUTES } from '#core/workbench/idle-schema.ts';
import { RETENTION_MIN } from './deletion-settings.ts';
import type { Settings } from './function-settings.ts';
import type { SettingRule } from './setting.ts';
import { TEMPLATE_RULES } from './template-rules.ts';

/** Rules about several settings of the functions. */
export const SETTING_RULES: readonly SettingRule<Settings>[] = [
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_AUTH_STATIC_KEY', 'RESTAPI_AUTH_JWT_KEY', 'RESTAPI_OIDC_ISSUER'],
    check: (s) => {
      const keys = s.RESTAPI_AUTH_STATIC_KEY ?? s.RESTAPI_AUTH_JWT_KEY ?? s.RESTAPI_OIDC_ISSUER;
      if (s.RESTAPI_AUTH === 'none') {
        return keys === undefined ? undefined : '`none` contradicts the configured key; remove one of them';
      }
      return keys === undefined
        ? 'no key is configured; set one of them, or set RESTAPI_AUTH=none to open the API'
        : undefined;
    },
  },
  {
    names: ['RESTAPI_OIDC_ISSUER', 'RESTAPI_OIDC_AUDIENCE', 'RESTAPI_OIDC_JWKS_URL'],
    check: (s) => {
      const values = [s.RESTAPI_OIDC_ISSUER, s.RESTAPI_OIDC_AUDIENCE, s.RESTAPI_OIDC_JWKS_URL];
      const isPartial = values.includes(undefined) && values.some((value) => value !== undefined);
      return isPartial ? 'set all three of them, or none' : undefined;
    },
  },
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_CORS_ORIGIN'],
    check: (s) =>
      s.RESTAPI_AUTH === 'none' && s.RESTAPI_CORS_ORIGIN.includes('*')
        ? 'an open API must not accept requests of every web page; list the origins instead of `*`'
        : undefined,
  },
  {
    names: ['WB_IDLE_STOP_MINUTES', 'WB_IDLE_STOP_GPU_MINUTES'],
    check: (s) => {
      const limits = [s.WB_IDLE_STOP_MINUTES, s.WB_IDLE_STOP_GPU_MINUTES];
      const isTooShort = limits.some((minutes) => minutes > 0 && minutes < IDLE_STOP_MINUTES.min);
      return isTooShort ? `must be 0 or at least ${IDLE_STOP_MINUTES.min}` : undefined;
    },
  },
  {
    names: ['WB_RETENTION_DAYS', 'WB_DELETE_AFTER_HOURS'],
    check: (s) => {
      if (s.WB_RETENTION_DAYS === 0) return undefined;
      if (s.WB_RETENTION_DAYS < RETENTION_MIN.days)
        return `WB_RETENTION_DAYS must be 0 or at least ${RETENTION_MIN.days}`;
      return s.WB_DELETE_AFTER_HOURS < RETENTION_MIN.restorableHours
        ? `WB_RETENTION_DAYS needs WB_DELETE_AFTER_HOURS of at least ${RETENTION_MIN.restorableHours}, so that users can restore what it deletes`
        : undefined;
    },
  },
  ascending('WB_MIN_RAM', 'WB_DEFAULT_RAM', 'WB_MAX_RAM'),
  ascending('WB_MIN_CPU', 'WB_DEFAULT_CPU', 'WB_MAX_CPU'),
  ascending('WB_MIN_GPU', 'WB_DEFAULT_GPU', 'WB_MAX_GPU'),
  ...TEMPLATE_RULES,
];

type Amount = `WB_${'MIN' | 'DEFAULT' | 'MAX'}_${'RAM' | 'CPU' | 'GPU'}`;

function ascending(min: Amount, byDefault: Amount, max: Amount): SettingRule<Settings> {
  return {
    names: [min, byDefault, max],
    check: (s) =>
      s[min] <= s[byDefault] && s[byDefault] <= s[max]
        ? undefined
        : 'each value must be at least the one before it',
  };
}
