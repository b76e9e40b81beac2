import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { IDES } from '#adapters/local/processes/command.ts';
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
import { choice, integer, list, text, url } from '#contract/settings/setting-kinds.ts';
import { SIGN_IN_RULES } from '#contract/settings/sign-in-settings.ts';
import type { DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';
import { PROXY_KINDS, type ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { ADDRESS_MODES, type AddressMode } from '#gate/workbench-addresses.ts';
import { generateToken, isSecret } from './local-token.ts';

/** The settings of local mode in addition to those of the functions. docs/settings.md lists both. */

const LOCAL = ['local'];

const RUNTIMES = ['process', 'docker'] as const;

/** The image that `npm run image:build` builds. */
export const EXAMPLE_IMAGE = 'workbench-example:latest';

export const LOCAL_SETTINGS = {
  PORT: integer({
    description: 'The port of the API. 0 selects any free port.',
    min: 0,
    max: 65_535,
    default: 8999,
    readBy: LOCAL,
  }),
  WB_WORKBENCH_PORT: integer({
    description:
      'The port of the origin that serves the workbenches. 0 selects the port of the last start if it is free, otherwise any.',
    min: 0,
    max: 65_535,
    default: 0,
    readBy: LOCAL,
  }),
  WB_WORKBENCH_ADDRESS: choice({
    description:
      'Where workbenches are served: each on a host of its own, `<id>.localhost` or `<id>.<host of BASE_URL>`, which isolates them from each other in the browser, or below the path `/project/<id>/` of one origin that they share. With `host`, browsers are redirected from the path to the host, and programs can use both if users do not sign in. Safari and most programs do not resolve names below `localhost`. By default `host` on this computer, and `prefix` with a BASE_URL of another host, whose subdomains may not exist, with WB_LOCAL_EXPOSE, and with WB_KEEP_PREFIX.',
    values: ADDRESS_MODES,
    readBy: LOCAL,
  }),
  WB_KEEP_PREFIX: choice({
    description:
      'Forwards requests to the program of WB_BOOT_COMMAND, or of a container, with the path of the workbench, `/project/<id>/`, instead of `/`. For programs that serve below a path, which is in the variable WB_PREFIX without the slash at the end: `jupyter lab --ServerApp.base_url=$WB_PREFIX/`, `streamlit run app.py --server.baseUrlPath=$WB_PREFIX`.',
    values: ['always'],
    readBy: LOCAL,
  }),
  WB_DATA_DIR: text({
    description:
      'The folder of all persistent data: records, files of workbenches, logs. It must be on a local disk.',
    maxLength: 1024,
    default: '.workbench',
    readBy: LOCAL,
  }),
  WB_TABLE_ENDPOINT: url({
    description:
      'The URL of a DynamoDB for the records, which are otherwise in WB_DATA_DIR. The table WB_TABLE_NAME is created if it does not exist. Region and credentials are those of the AWS variables; without them any are used.',
    plain: true,
    readBy: LOCAL,
  }),
  WB_LOCAL_VOLUME_MIB: integer({
    description:
      'The most that the files of one workbench may use. Needs quotas of the file system of WB_DATA_DIR (ext4, XFS or btrfs), root, and the programs that the start names; see docs/local-mode.md. By default a workbench can fill the disk.',
    unit: 'MiB',
    min: 16,
    max: 16_777_216,
    readBy: LOCAL,
  }),
  WB_LOCAL_MAX_RUNNING: integer({
    description:
      'Workbenches that run at the same time. Further ones wait in `provisioning`, and free places go to the users in turn.',
    min: 1,
    max: 100,
    default: 8,
    readBy: LOCAL,
  }),
  WB_LOCAL_RUNTIME: choice({
    description:
      'How workbenches run: as processes of this user, or as containers of an engine on this computer that has the API of Docker (dockerd, Docker Desktop, podman).',
    values: RUNTIMES,
    default: 'process',
    readBy: LOCAL,
  }),
  WB_IMAGE: text({
    description:
      'The image of workbenches that run as containers. By default the example that `npm run image:build` builds. Other images are pulled if the engine does not have them.',
    maxLength: 512,
    pattern: /^[\w][\w./:@-]*$/,
    expected: 'the name of an image, at most 512 characters',
    default: EXAMPLE_IMAGE,
    readBy: LOCAL,
  }),
  WB_DOCKER_SOCKET: text({
    description:
      'The socket of the container engine. By default the one in DOCKER_HOST, otherwise the first existing default socket of the known engines.',
    maxLength: 1024,
    pattern: /^\//,
    expected: 'an absolute path',
    readBy: LOCAL,
  }),
  DOCKER_HOST: text({
    description:
      'The container engine in the format of the docker command. Only `unix://` is supported, because the files of workbenches are local folders.',
    maxLength: 1024,
    readBy: LOCAL,
  }),
  WB_LOCAL_IDE: choice({
    description:
      'The IDE of workbenches if WB_BOOT_COMMAND is not set. By default code-server or Jupyter if one is found on PATH or was installed by `npm run local:ide`, otherwise the small built-in page.',
    values: IDES,
    readBy: LOCAL,
  }),
  WB_LOCAL_STOP_TIMEOUT_SECONDS: integer({
    description: 'The time between SIGTERM and SIGKILL when a workbench is stopped.',
    unit: 's',
    min: 0,
    max: 300,
    default: 10,
    readBy: LOCAL,
  }),
  WB_LOCAL_TOKEN: text({
    description:
      'The secret that the API asks for as its static key, and the gate on a form, so that other users of the computer have no access. `auto` generates one at the first start, prints it at every start and keeps it in WB_DATA_DIR. Excludes RESTAPI_AUTH and the keys of the API.',
    expected: '`auto`, or 16 to 4,096 visible ASCII characters without spaces',
    maxLength: 4096,
    pattern: /^(auto|[\x21-\x7e]{16,})$/,
    secret: true,
    readBy: LOCAL,
  }),
  WB_GATE_PROXY: choice({
    description:
      'Another proxy forwards requests to workbenches, and asks the gate about each: see docs/gate.md. Both must run on this computer. Requires BASE_URL, the public address of the proxy, and a host for each workbench.',
    values: PROXY_KINDS,
    readBy: LOCAL,
  }),
  WB_GATE_PROXY_PORT: integer({
    description:
      'The port of 127.0.0.1 at which that proxy asks the gate. 0 selects any free port. Has no effect without WB_GATE_PROXY.',
    min: 0,
    max: 65_535,
    default: 9000,
    readBy: LOCAL,
  }),
  WB_LOCAL_EXPOSE: choice({
    description:
      'Allows connections from other computers to both ports. By default the ports listen on 127.0.0.1 only. Requires a key for the API and WB_LOCAL_HOSTNAMES. The workbenches themselves require no key: anyone who knows the address of a workbench has a shell on this computer.',
    values: ['all-interfaces'],
    readBy: LOCAL,
  }),
  WB_LOCAL_HOSTNAMES: list({
    description:
      'Host names of this server in addition to 127.0.0.1, localhost and [::1]. Requests with other host names are refused.',
    pattern: /^[a-z0-9._-]{1,253}(:\d{1,5})?$/,
    expectedItem: 'lower-case host names or IPv4 addresses, each with or without `:port`',
    maxItems: 20,
    readBy: LOCAL,
  }),
  WB_LOCAL_INSTANCE_TYPES: {
    ...list({
      description:
        'The instance types of simulated hosts, each as `name:cpu units:memory MiB` or with `:gpus`.',
      pattern: /^[a-z0-9][a-z0-9.-]{0,31}:[1-9]\d{0,5}:[1-9]\d{0,7}(:\d{1,2})?$/,
      expectedItem: 'types written `name:cpu units:memory MiB[:gpus]`',
      maxItems: 50,
      readBy: LOCAL,
    }),
    default: 't3.medium:2048:3840,m6i.large:2048:7680,m6i.xlarge:4096:15616',
  },
};

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
