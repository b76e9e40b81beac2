import type { ConsoleSettingValues } from './settings/console-settings.ts';
import type { Settings } from './settings/function-settings.ts';

/** What the console must know before its first request. The server of the console sends it to everybody. */
export interface ConsoleConfig {
  readonly version: string;
  /** The prefix of the paths of the API: `/api`, or empty. */
  readonly apiPrefix: string;
  /**
   * `none`: requests need no key, and the user chooses a name. `key`: requests need a key or token as bearer. `issuer`: people sign
   * in at `issuer`, or enter a key or token.
   */
  readonly signIn: 'none' | 'key' | 'issuer';
  /** Present if `signIn` is `issuer`. */
  readonly issuer?: ConsoleIssuer;
  /** Whether workbenches can be shared with the organisation. */
  readonly organisationShares: boolean;
  /** For how long deleted workbenches can be restored, hours. 0: a deletion cannot be undone. */
  readonly restorableHours: number;
  /** CPU units (1 vCPU = 1024), MiB, and number of GPUs. */
  readonly sizes: Readonly<
    Record<'cpu' | 'memory' | 'gpu', { readonly min: number; readonly max: number; readonly default: number }>
  >;
}

/** The OpenID Connect issuer of the console. None of it is secret. */
export interface ConsoleIssuer {
  readonly url: string;
  /** A public client: it has no secret. */
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** Where the console reads it. */
export const CONSOLE_CONFIG_PATH = '/console/config.json';

type ConfigSettings = Pick<
  Settings,
  | 'RESTAPI_AUTH'
  | 'RESTAPI_OIDC_ISSUER'
  | 'RESTAPI_URL_PREFIX'
  | 'WB_DELETE_AFTER_HOURS'
  | 'WB_ORGANISATION_SHARES'
  | `WB_${'MIN' | 'MAX' | 'DEFAULT'}_${'CPU' | 'RAM' | 'GPU'}`
> &
  ConsoleSettingValues;

/** Returns what everybody who opens the console may know. */
export function consoleConfigOf(s: ConfigSettings, version: string): ConsoleConfig {
  const issuer = consoleIssuerOf(s);
  return {
    version,
    apiPrefix: s.RESTAPI_URL_PREFIX ?? '',
    signIn: s.RESTAPI_AUTH === 'none' ? 'none' : issuer === undefined ? 'key' : 'issuer',
    ...(issuer === undefined ? {} : { issuer }),
    organisationShares: s.WB_ORGANISATION_SHARES === 'true',
    restorableHours: s.WB_DELETE_AFTER_HOURS,
    sizes: {
      cpu: { min: s.WB_MIN_CPU, max: s.WB_MAX_CPU, default: s.WB_DEFAULT_CPU },
      memory: { min: s.WB_MIN_RAM, max: s.WB_MAX_RAM, default: s.WB_DEFAULT_RAM },
      gpu: { min: s.WB_MIN_GPU, max: s.WB_MAX_GPU, default: s.WB_DEFAULT_GPU },
    },
  };
}

function consoleIssuerOf({
  RESTAPI_OIDC_ISSUER: url,
  WB_CONSOLE_CLIENT_ID: clientId,
  WB_CONSOLE_SCOPES: scopes,
}: Pick<ConfigSettings, 'RESTAPI_OIDC_ISSUER' | keyof ConsoleSettingValues>): ConsoleIssuer | undefined {
  return url === undefined || clientId === undefined ? undefined : { url, clientId, scopes };
}
