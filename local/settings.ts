import { resolve } from 'node:path';
import { IDES } from '#adapters/local/processes/command.ts';
import { SETTING_RULES, SETTINGS, type Settings } from '#contract/settings/function-settings.ts';
import {
  type Environment,
  parseSettings,
  type SettingRule,
  type ValuesOf,
} from '#contract/settings/setting.ts';
import { choice, integer, list, text, url } from '#contract/settings/setting-kinds.ts';
import type { DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';

/** What local mode has beside the settings of the functions. Printed in docs/settings.md with them. */

const LOCAL = ['local'];

const RUNTIMES = ['process', 'docker'] as const;

/** What `npm run image:build` makes. */
export const EXAMPLE_IMAGE = 'workbench-example:latest';

export const LOCAL_SETTINGS = {
  PORT: integer({
    description: 'The port of the API. 0 takes any free one.',
    min: 0,
    max: 65_535,
    default: 8999,
    readBy: LOCAL,
  }),
  WB_WORKBENCH_PORT: integer({
    description: 'The port of the origin on which workbenches are opened. 0 takes any free one.',
    min: 0,
    max: 65_535,
    default: 0,
    readBy: LOCAL,
  }),
  WB_DATA_DIR: text({
    description: 'The folder for everything that lasts: records, the files of workbenches, logs.',
    maxLength: 1024,
    default: '.workbench',
    readBy: LOCAL,
  }),
  WB_LOCAL_MAX_RUNNING: integer({
    description: 'Workbenches that run at once; further ones wait in `provisioning`.',
    min: 1,
    max: 100,
    default: 8,
    readBy: LOCAL,
  }),
  WB_LOCAL_RUNTIME: choice({
    description:
      'What workbenches run in: processes of this user, or containers of an engine on this machine that speaks the API of Docker (dockerd, Docker Desktop, podman).',
    values: RUNTIMES,
    default: 'process',
    readBy: LOCAL,
  }),
  WB_IMAGE: text({
    description:
      'The image of a workbench in a container. By default the example that `npm run image:build` builds; another is fetched when the engine does not have it.',
    maxLength: 512,
    pattern: /^[\w][\w./:@-]*$/,
    expected: 'the name of an image, at most 512 characters',
    default: EXAMPLE_IMAGE,
    readBy: LOCAL,
  }),
  WB_DOCKER_SOCKET: text({
    description:
      "The socket of the container engine. By default the one in DOCKER_HOST, otherwise the first there is of the engines' usual ones.",
    maxLength: 1024,
    pattern: /^\//,
    expected: 'an absolute path',
    readBy: LOCAL,
  }),
  DOCKER_HOST: text({
    description:
      "The container engine as the docker command knows it; `unix://` alone, since a workbench's files are folders of this machine.",
    maxLength: 1024,
    readBy: LOCAL,
  }),
  WB_LOCAL_IDE: choice({
    description:
      'What a workbench runs unless WB_BOOT_COMMAND says. By default code-server or Jupyter when one is found on PATH or was installed by `npm run local:ide`, otherwise the small built-in page.',
    values: IDES,
    readBy: LOCAL,
  }),
  WB_LOCAL_STOP_TIMEOUT_SECONDS: integer({
    description: 'How long a workbench may take to end after SIGTERM; then it gets SIGKILL.',
    unit: 's',
    min: 0,
    max: 300,
    default: 10,
    readBy: LOCAL,
  }),
  WB_LOCAL_EXPOSE: choice({
    description:
      'Lets other machines reach both ports. Without it they listen on 127.0.0.1 alone. Needs a key for the API and WB_LOCAL_HOSTNAMES; the workbenches themselves ask for no key: whoever knows the address of one has a shell on this machine.',
    values: ['all-interfaces'],
    readBy: LOCAL,
  }),
  WB_LOCAL_HOSTNAMES: list({
    description:
      'Names under which this server is reached, beside 127.0.0.1, localhost and [::1]. Requests for any other are refused.',
    pattern: /^[a-z0-9._-]{1,253}(:\d{1,5})?$/,
    expectedItem: 'lower-case host names or IPv4 addresses, each with or without `:port`',
    maxItems: 20,
    readBy: LOCAL,
  }),
  WB_LOCAL_INSTANCE_TYPES: {
    ...list({
      description:
        'The types of the simulated dedicated machines, each as `name:cpu units:memory MiB` or with `:gpus`.',
      pattern: /^[a-z0-9][a-z0-9.-]{0,31}:[1-9]\d{0,5}:[1-9]\d{0,7}(:\d{1,2})?$/,
      expectedItem: 'types written `name:cpu units:memory MiB[:gpus]`',
      maxItems: 50,
      readBy: LOCAL,
    }),
    default: 't3.medium:2048:3840,m6i.large:2048:7680,m6i.xlarge:4096:15616',
  },
};

/** As in contract/settings/function-settings.ts, save for what one machine knows by itself. */
const DECLARED = {
  ...SETTINGS,
  ...LOCAL_SETTINGS,
  BASE_URL: url({
    description: `${SETTINGS.BASE_URL.description} By default this machine at WB_WORKBENCH_PORT.`,
    plain: true,
    readBy: LOCAL,
  }),
  // A local task is told to have stopped when nothing of it is left: there is nothing to wait for.
  WB_STOP_SETTLE_SECONDS: { ...SETTINGS.WB_STOP_SETTLE_SECONDS, default: '0' },
};

type Declared = ValuesOf<typeof DECLARED>;

const LOCAL_RULES: readonly SettingRule<Declared>[] = [
  {
    names: ['WB_LOCAL_EXPOSE', 'WB_LOCAL_HOSTNAMES', 'RESTAPI_AUTH'],
    check: (s) => {
      if (s.WB_LOCAL_EXPOSE === undefined) return undefined;
      if (s.RESTAPI_AUTH === 'none') return 'an API that other machines reach needs a key';
      return s.WB_LOCAL_HOSTNAMES.length === 0
        ? 'name the hosts under which other machines reach it'
        : undefined;
    },
  },
  {
    names: ['PORT', 'WB_WORKBENCH_PORT'],
    check: (s) => (s.PORT !== 0 && s.PORT === s.WB_WORKBENCH_PORT ? 'must differ' : undefined),
  },
];

export interface LocalSettings {
  /** What the functions are built with, but for BASE_URL, which is known once a port is. */
  readonly functions: Omit<Settings, 'BASE_URL'>;
  readonly baseUrl: string | undefined;
  readonly port: number;
  readonly workbenchPort: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly maxRunning: number;
  /** The IDE that workbenches run; undefined: the best that is there. */
  readonly ide: (typeof IDES)[number] | undefined;
  readonly runtime: (typeof RUNTIMES)[number];
  /** What a container runtime is told. */
  readonly image: string;
  /** Where its engine is; undefined: wherever one is found. */
  readonly engineSocket: string | undefined;
  readonly dockerHost: string | undefined;
  readonly stopGraceMs: number;
  /** The address that both ports listen on. */
  readonly bindAddress: '127.0.0.1' | '0.0.0.0';
  /** Names beside those of this machine; the first is the one that is shown to people. */
  readonly hosts: readonly string[];
  readonly dedicatedTypes: readonly DedicatedInstanceType[];
}

/**
 * Reads every setting of local mode. Without any key the API is open: it is reached by this machine alone.
 * @throws SettingsError listing every fault
 */
export function readLocalSettings(env: Environment): LocalSettings {
  const rules: readonly SettingRule<Declared>[] = [...(SETTING_RULES as typeof LOCAL_RULES), ...LOCAL_RULES];
  const { BASE_URL, ...read } = parseSettings(DECLARED, rules, { ...env, ...openWithoutKeys(env) });
  return {
    functions: read,
    baseUrl: BASE_URL,
    port: read.PORT,
    workbenchPort: read.WB_WORKBENCH_PORT,
    dataDir: resolve(read.WB_DATA_DIR),
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

function openWithoutKeys(env: Environment): Environment {
  const keyed = KEYS.some((name) => (env[name] ?? '') !== '');
  return keyed || (env.RESTAPI_AUTH ?? '') !== '' ? {} : { RESTAPI_AUTH: 'none' };
}

function parseInstanceType(written: string): DedicatedInstanceType {
  const [name = '', cpuUnits, memoryMib, gpuCount = '0'] = written.split(':');
  return {
    name,
    cpuUnits: Number(cpuUnits),
    memoryMib: Number(memoryMib),
    gpuCount: Number(gpuCount),
  };
}
