import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { IDES } from '#adapters/local/processes/command.ts';
import {
  CONSOLE_RULES,
  CONSOLE_SETTINGS,
  type ConsoleSettingValues,
} from '#contract/settings/console-settings.ts';
import { SETTING_RULES } from '#contract/settings/function-setting-rules.ts';
import { SETTINGS, type Settings } from '#contract/settings/function-settings.ts';
import { GATE_SETTINGS, type GateSettingValues } from '#contract/settings/gate-settings.ts';
import {
  type Environment,
  parseSettings,
  type SettingRule,
  type ValuesOf,
} from '#contract/settings/setting.ts';
import { url } from '#contract/settings/setting-kinds.ts';
import { SIGN_IN_RULES } from '#contract/settings/sign-in-settings.ts';
import type { DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import type { AddressMode } from '#gate/workbench-addresses.ts';
import { LOCAL, LOCAL_SETTINGS, LOCAL_TEMPLATES, type RUNTIMES } from './local-settings.ts';
import { generateToken, isSecret } from './secret-files.ts';

/** The settings of the functions, of the gate, of the console and of local mode, with defaults for a single computer. */
const DECLARED = {
  ...SETTINGS,
  ...GATE_SETTINGS,
  ...CONSOLE_SETTINGS,
  ...LOCAL_SETTINGS,
  BASE_URL: url({
    description: `${SETTINGS.BASE_URL.description} By default this computer at WB_WORKBENCH_PORT.`,
    plain: true,
    readBy: LOCAL,
  }),
  // A local task is reported as stopped only when none of its processes is left, so no settle period is needed.
  WB_STOP_SETTLE_SECONDS: { ...SETTINGS.WB_STOP_SETTLE_SECONDS, default: '0' },
  WB_TEMPLATES: { ...SETTINGS.WB_TEMPLATES, default: JSON.stringify(LOCAL_TEMPLATES) },
  WB_GATE_SILENT_TIMEOUT_SECONDS: { ...SETTINGS.WB_GATE_SILENT_TIMEOUT_SECONDS, default: '60' },
};

type Declared = ValuesOf<typeof DECLARED>;

const LOCAL_RULES: readonly SettingRule<Declared>[] = [
  {
    names: ['WB_LOCAL_EXPOSE', 'WB_LOCAL_HOSTNAMES', 'RESTAPI_AUTH'],
    check: (s) => {
      if (s.WB_LOCAL_EXPOSE === undefined) return undefined;
      if (s.RESTAPI_AUTH === 'none') return 'an API that other computers can reach needs a key';
      return s.WB_LOCAL_HOSTNAMES.length === 0 ? 'list the host names that other computers use' : undefined;
    },
  },
  {
    names: ['WB_WORKBENCH_ADDRESS', 'BASE_URL', 'WB_LOCAL_EXPOSE', 'WB_KEEP_PREFIX'],
    check: (s) => {
      if (addressModeOf(s) === 'prefix') return undefined;
      if (s.WB_KEEP_PREFIX !== undefined)
        return 'a workbench with a host of its own has no path to keep: remove WB_KEEP_PREFIX, or set WB_WORKBENCH_ADDRESS=prefix';
      if (s.BASE_URL === undefined)
        return s.WB_LOCAL_EXPOSE === undefined
          ? undefined
          : 'other computers do not reach names below localhost: set BASE_URL';
      const { hostname, pathname, protocol } = new URL(s.BASE_URL);
      if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
        return 'an IP address has no names below it: set BASE_URL to a host name';
      // To other http addresses browsers do not send the headers by which their requests are recognized.
      if (protocol === 'http:' && hostname !== 'localhost')
        return 'with a host for each workbench BASE_URL must be an https address';
      return pathname === '/' ? undefined : 'with a host for each workbench BASE_URL has no path';
    },
  },
  {
    names: [
      'WB_LOCAL_TOKEN',
      'WB_GATE_ISSUER',
      'RESTAPI_AUTH',
      'BASE_URL',
      'WB_WORKBENCH_PORT',
      'WB_LOCAL_EXPOSE',
    ],
    check: (s) => {
      if (s.WB_LOCAL_TOKEN === undefined && s.WB_GATE_ISSUER === undefined) return undefined;
      if (s.WB_LOCAL_TOKEN !== undefined && s.WB_GATE_ISSUER !== undefined)
        return 'users sign in with the token or at the issuer: set one of them';
      if (s.RESTAPI_AUTH === 'none')
        return 'an open API would give access without a sign-in: set a key of the API';
      if (!keepsCookies(s))
        return 'browsers keep the cookies of a sign-in for https addresses and for this computer only: set BASE_URL to one';
      return s.WB_GATE_ISSUER !== undefined && s.BASE_URL === undefined && s.WB_WORKBENCH_PORT === 0
        ? 'the issuer must know the address of the gate: set WB_WORKBENCH_PORT or BASE_URL'
        : undefined;
    },
  },
  {
    names: ['WB_GATE_PROXY', 'WB_GATE_PROXY_PORT', 'BASE_URL', 'WB_WORKBENCH_ADDRESS', 'WB_LOCAL_EXPOSE'],
    check: (s) => {
      if (s.WB_GATE_PROXY === undefined) return undefined;
      if (s.WB_LOCAL_EXPOSE !== undefined)
        return 'other computers must reach the proxy alone: the gate believes its X-Forwarded-For';
      if (s.BASE_URL === undefined) return 'browsers must know the address of the proxy: set BASE_URL';
      if (addressModeOf(s) === 'prefix')
        return 'the proxy forwards to workbenches with hosts of their own only: set WB_WORKBENCH_ADDRESS=host';
      const isUsed = [s.PORT, s.WB_WORKBENCH_PORT].includes(s.WB_GATE_PROXY_PORT);
      return isUsed && s.WB_GATE_PROXY_PORT !== 0 ? 'the ports must differ' : undefined;
    },
  },
  {
    names: ['PORT', 'WB_WORKBENCH_PORT'],
    check: (s) => (s.PORT !== 0 && s.PORT === s.WB_WORKBENCH_PORT ? 'must differ' : undefined),
  },
];

export interface LocalSettings {
  /**
   * The settings of the functions without BASE_URL, which depends on the selected port. If `localToken` is `auto`, the static
   * key is random and unknown, until the server replaces it by that of the data folder.
   */
  readonly functions: Omit<Settings, 'BASE_URL'>;
  readonly gate: GateSettingValues;
  readonly console: ConsoleSettingValues;
  readonly baseUrl: string | undefined;
  readonly port: number;
  readonly workbenchPort: number;
  readonly addressMode: AddressMode;
  /** Another proxy that forwards, and the port at which it asks the gate. Undefined: the gate forwards. */
  readonly proxy: { readonly kind: ProxyKind; readonly port: number } | undefined;
  /** WB_LOCAL_TOKEN: a secret or `auto`. Undefined: the gate lets in everybody who reaches it. */
  readonly localToken: string | undefined;
  /** Whether programs receive the path of their workbench. */
  readonly keepPrefix: boolean;
  /** Absolute path. */
  readonly dataDir: string;
  /** The URL of the DynamoDB that has the records. Undefined: they are in `dataDir`. */
  readonly tableEndpoint: string | undefined;
  /** The most bytes that the files of one workbench may use. Undefined: the disk alone limits them. */
  readonly volumeMaxBytes: number | undefined;
  readonly maxRunning: number;
  /** The configured IDE. Undefined: the first available one. */
  readonly ide: (typeof IDES)[number] | undefined;
  readonly runtime: (typeof RUNTIMES)[number];
  /** The image of workbenches that run as containers. */
  readonly image: string;
  /** The socket of the engine. Undefined: the first existing default socket. */
  readonly engineSocket: string | undefined;
  readonly dockerHost: string | undefined;
  readonly stopGraceMs: number;
  /** The address that both ports listen on. */
  readonly bindAddress: '127.0.0.1' | '0.0.0.0';
  /** Additional host names. The first one is used in printed addresses. */
  readonly hosts: readonly string[];
  readonly dedicatedTypes: readonly DedicatedInstanceType[];
}

/**
 * Reads all settings of local mode. Without a key the API is open, because only this computer can reach it.
 * @throws SettingsError with all invalid settings
 */
export function readLocalSettings(env: Environment): LocalSettings {
  const rules = [
    ...([...SETTING_RULES, ...SIGN_IN_RULES, ...CONSOLE_RULES] as typeof LOCAL_RULES),
    ...LOCAL_RULES,
    tokenRule(env),
  ];
  const { BASE_URL, ...read } = parseSettings(DECLARED, rules, { ...env, ...authorization(env) });
  return {
    functions: read,
    gate: read,
    console: read,
    baseUrl: BASE_URL,
    port: read.PORT,
    workbenchPort: read.WB_WORKBENCH_PORT,
    addressMode: addressModeOf({ ...read, BASE_URL }),
    proxy:
      read.WB_GATE_PROXY === undefined
        ? undefined
        : { kind: read.WB_GATE_PROXY, port: read.WB_GATE_PROXY_PORT },
    localToken: read.WB_LOCAL_TOKEN,
    keepPrefix: read.WB_KEEP_PREFIX !== undefined,
    dataDir: resolve(read.WB_DATA_DIR),
    tableEndpoint: read.WB_TABLE_ENDPOINT,
    volumeMaxBytes: read.WB_LOCAL_VOLUME_MIB && read.WB_LOCAL_VOLUME_MIB * 2 ** 20,
    maxRunning: read.WB_LOCAL_MAX_RUNNING,
    ide: read.WB_LOCAL_IDE,
    runtime: read.WB_LOCAL_RUNTIME,
    image: read.WB_IMAGE,
    engineSocket: read.WB_DOCKER_SOCKET,
    dockerHost: read.DOCKER_HOST,
    stopGraceMs: read.WB_LOCAL_STOP_TIMEOUT_SECONDS * 1000,
    bindAddress: read.WB_LOCAL_EXPOSE === undefined ? '127.0.0.1' : '0.0.0.0',
    hosts: read.WB_LOCAL_HOSTNAMES,
    dedicatedTypes: read.WB_LOCAL_INSTANCE_TYPES.map(parseInstanceType),
  };
}

const KEYS = ['RESTAPI_AUTH_STATIC_KEY', 'RESTAPI_AUTH_JWT_KEY', 'RESTAPI_OIDC_ISSUER'];

/** Whether browsers keep `Secure` cookies for the address of the gate. */
function keepsCookies({
  BASE_URL,
  WB_LOCAL_EXPOSE,
}: Pick<Declared, 'BASE_URL' | 'WB_LOCAL_EXPOSE'>): boolean {
  if (BASE_URL === undefined) return WB_LOCAL_EXPOSE === undefined;
  const { protocol, hostname } = new URL(BASE_URL);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** Returns the settings of the API's authorization that follow from those of local mode. */
function authorization(env: Environment): Environment {
  const token = env.WB_LOCAL_TOKEN ?? '';
  if (token !== '') return { RESTAPI_AUTH_STATIC_KEY: isSecret(token) ? token : generateToken() };
  return listAuthorization(env).length > 0 ? {} : { RESTAPI_AUTH: 'none' };
}

/** Returns the names of the settings that say how the API is authorized. */
function listAuthorization(env: Environment): readonly string[] {
  return ['RESTAPI_AUTH', ...KEYS].filter((name) => (env[name] ?? '') !== '');
}

function tokenRule(env: Environment): SettingRule<Declared> {
  const others = listAuthorization(env);
  return {
    names: ['WB_LOCAL_TOKEN'],
    check: ({ WB_LOCAL_TOKEN: token }) =>
      token === undefined || others.length === 0
        ? undefined
        : `it is the key of the API itself: remove ${others.join(', ')}`,
  };
}

/** Returns the configured address mode. Without one it is `host` only where every name of a workbench certainly exists. */
function addressModeOf(
  s: Pick<Declared, 'WB_WORKBENCH_ADDRESS' | 'BASE_URL' | 'WB_LOCAL_EXPOSE' | 'WB_KEEP_PREFIX'>,
): AddressMode {
  if (s.WB_WORKBENCH_ADDRESS !== undefined) return s.WB_WORKBENCH_ADDRESS;
  if (s.WB_LOCAL_EXPOSE !== undefined || s.WB_KEEP_PREFIX !== undefined) return 'prefix';
  if (s.BASE_URL === undefined) return 'host';
  const { hostname, pathname } = new URL(s.BASE_URL);
  return hostname === 'localhost' && pathname === '/' ? 'host' : 'prefix';
}

function parseInstanceType(text: string): DedicatedInstanceType {
  const [name = '', cpuUnits, memoryMib, gpuCount = '0'] = text.split(':');
  return {
    name,
    cpuUnits: Number(cpuUnits),
    memoryMib: Number(memoryMib),
    gpuCount: Number(gpuCount),
  };
}
