import { IDES } from '#adapters/local/processes/command.ts';
import { choice, integer, list, text, url } from '#contract/settings/setting-kinds.ts';
import type { WorkbenchTemplate } from '#contract/settings/template-settings.ts';
import { PROXY_KINDS } from '#gate/forward-auth/proxy-kind.ts';
import { ADDRESS_MODES } from '#gate/workbench-addresses.ts';

/** Who reads these settings. */
export const LOCAL = ['local'];

export const RUNTIMES = ['process', 'docker'] as const;

/** The image that `npm run image:build` builds. */
export const EXAMPLE_IMAGE = 'workbench-example:latest';

/** The templates of local mode, unless WB_TEMPLATES is set. They have no size, so that they are valid with each WB_SIZES. */
export const LOCAL_TEMPLATES: readonly WorkbenchTemplate[] = [
  {
    name: 'standard',
    title: 'Everyday work',
    description: 'For editing, notebooks and small programs.',
  },
  {
    name: 'long',
    title: 'Long computation',
    description: 'For training and batch jobs: it is not stopped before eight hours without use.',
    idle_stop_minutes: 480,
  },
];

/** The settings of local mode in addition to those of the functions. docs/settings.md lists both. */
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
