import type { Settings } from './function-settings.ts';
import type { SettingRule } from './setting.ts';

/** What must hold between the settings of the functions. */
export const SETTING_RULES: readonly SettingRule<Settings>[] = [
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_AUTH_STATIC_KEY', 'RESTAPI_AUTH_JWT_KEY', 'RESTAPI_OIDC_ISSUER'],
    broken: (s) => {
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
    broken: (s) => {
      const given = [s.RESTAPI_OIDC_ISSUER, s.RESTAPI_OIDC_AUDIENCE, s.RESTAPI_OIDC_JWKS_URL];
      const missing = given.includes(undefined) && given.some((value) => value !== undefined);
      return missing ? 'OIDC needs all three of them' : undefined;
    },
  },
  {
    names: ['RESTAPI_AUTH', 'RESTAPI_CORS_ORIGIN'],
    broken: (s) =>
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
