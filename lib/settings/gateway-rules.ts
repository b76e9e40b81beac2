import { readGateSettings } from '#contract/settings/gate-settings.ts';
import { SettingsError } from '#contract/settings/setting.ts';
import type { AuthSetting } from './access.ts';
import type { FunctionOverrides } from './function-settings.ts';
import { type GatewaySetting, type GatewaySettings, gateEnvironment, gateTaskCount } from './gateway.ts';
import { type NetworkSetting, newNetworkOf } from './network.ts';
import type { StageProblem } from './stage-error.ts';

/** The memory that a Fargate task can have, in MiB, by its CPU units. */
const TASK_MEMORY: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: [1024, 2048, 3072, 4096],
  1024: gibFrom(2, 8),
  2048: gibFrom(4, 16),
};

function gibFrom(min: number, max: number): readonly number[] {
  return Array.from({ length: max - min + 1 }, (_, index) => (min + index) * 1024);
}

interface GatedStage {
  readonly gateway: GatewaySetting;
  readonly baseUrl: string;
  readonly auth: AuthSetting;
  readonly network: NetworkSetting;
  readonly production: boolean;
  readonly functions: FunctionOverrides;
}

/** A certificate has the first name as its common name, which can have 64 characters. */
const CERTIFICATE_NAME_MAX = 64;
/** A rule of a load balancer accepts host names of 128 characters. One is `*.` and the domain. */
const DOMAIN_MAX = 126;

/** Returns the errors with which the gate could not be deployed or would not work. */
export function checkGateway(stage: GatedStage): readonly StageProblem[] {
  const { gateway: gate } = stage;
  if (gate === 'none') return [];
  return [
    ...checkDomain(gate, stage.baseUrl),
    ...checkImage(gate),
    ...checkTasks(gate, stage.production),
    ...checkSubnets(gate, stage.network),
    ...checkApiKey(stage.auth),
    ...checkOidc(gate),
    ...checkProcess(gate),
    ...checkFunctions(stage.functions),
  ];
}

function checkDomain(
  { certificateArn, hostedZone: zone }: GatewaySettings,
  baseUrl: string,
): readonly StageProblem[] {
  const url = URL.parse(baseUrl);
  if (url === null || baseUrl !== `https://${url.hostname}` || !/[a-z]$/.test(url.hostname)) {
    const problem =
      'with a gateway, expected `https://` and a host name in lower case, without port, path and slash';
    return [{ path: 'baseUrl', problem }];
  }
  const lengthMax = certificateArn === undefined ? CERTIFICATE_NAME_MAX : DOMAIN_MAX;
  if (url.hostname.length > lengthMax) {
    const problem = `the host name can have at most ${lengthMax} characters with ${certificateArn === undefined ? 'a new certificate' : 'a gateway'}`;
    return [{ path: 'baseUrl', problem }];
  }
  if (certificateArn === undefined && zone === undefined) {
    return [
      {
        path: 'gateway',
        problem: 'requires `certificateArn`, or `hostedZone` in which a certificate is validated',
      },
    ];
  }
  if (zone === undefined || `.${url.hostname}`.endsWith(`.${zone.name}`)) return [];
  const problem = `${url.hostname} of \`baseUrl\` is not in the zone ${zone.name}`;
  return [{ path: 'gateway.hostedZone.name', problem }];
}

function checkImage({ image: { tag, digest } }: GatewaySettings): readonly StageProblem[] {
  if ((tag === undefined) === (digest === undefined)) {
    return [{ path: 'gateway.image', problem: 'requires exactly one of `tag` and `digest`' }];
  }
  return tag === 'latest'
    ? [{ path: 'gateway.image.tag', problem: '`latest` can be pushed only once: use a version' }]
    : [];
}

function checkTasks(gate: GatewaySettings, production: boolean): readonly StageProblem[] {
  const { cpuUnits, memoryMib, maxTasks } = gate;
  const tasks = gateTaskCount(gate, production);
  const accepted = TASK_MEMORY[cpuUnits] ?? [];
  return [
    ...(accepted.includes(memoryMib)
      ? []
      : [
          {
            path: 'gateway.memoryMib',
            problem: `with \`cpuUnits\` ${cpuUnits}, Fargate accepts ${accepted.join(', ')}; found ${memoryMib}`,
          },
        ]),
    ...(maxTasks < tasks
      ? [{ path: 'gateway.maxTasks', problem: `must be at least the number of tasks, ${tasks}` }]
      : []),
  ];
}

/** A load balancer needs subnets in two zones. */
const ZONES_MIN = 2;

function checkSubnets(
  { internetFacing, publicSubnets }: GatewaySettings,
  network: NetworkSetting,
): readonly StageProblem[] {
  const { existing } = network;
  const path = 'gateway.publicSubnets';
  if (existing === undefined) {
    if (publicSubnets !== undefined) return [{ path, problem: 'requires `network.existing`' }];
    return internetFacing && newNetworkOf(network).egress === 'none'
      ? [
          {
            path: 'gateway.internetFacing',
            problem:
              'a network with `egress` `none` has no public subnets: set it to `false`, or choose another way to the internet',
          },
        ]
      : [];
  }
  if (internetFacing) {
    if (publicSubnets === undefined) {
      return [
        { path, problem: 'is required with `network.existing` for a load balancer with public addresses' },
      ];
    }
    const zones = existing.zones.length;
    return publicSubnets.length < zones
      ? [{ path, problem: `requires a subnet in each of the ${zones} zones of \`network.existing\`` }]
      : [];
  }
  return existing.privateSubnets.length < ZONES_MIN
    ? [
        {
          path: 'network.existing.privateSubnets',
          problem: 'must be in at least two zones for the load balancer of `gateway`',
        },
      ]
    : [];
}

function checkApiKey(auth: AuthSetting): readonly StageProblem[] {
  if (auth === 'none' || auth.jwtKey || auth.staticKey) return [];
  const problem =
    'requires `jwtKey` or `staticKey` with a gateway, which calls the API when a user starts or stops a workbench on its pages';
  return [{ path: 'auth', problem }];
}

function checkOidc({ oidc }: GatewaySettings): readonly StageProblem[] {
  return oidc?.secretKeyArn !== undefined && oidc.secretArn === undefined
    ? [{ path: 'gateway.oidc.secretKeyArn', problem: 'requires `secretArn`' }]
    : [];
}

/** The path of each setting of the process in the stage file. */
const STAGE_PATHS: Readonly<Record<string, string>> = {
  WB_GATE_NAME: 'gateway.name',
  WB_GATE_COLOR: 'gateway.color',
  WB_GATE_FRAME_ANCESTORS: 'gateway.frameAncestors',
  WB_GATE_AUTO_START: 'gateway.autoStart',
  WB_GATE_STOP_NOTICE: 'gateway.stopNotice',
  WB_GATE_CONSOLE_URL: 'gateway.consoleUrl',
  WB_GATE_ISSUER: 'gateway.oidc.issuer',
  WB_GATE_CLIENT_ID: 'gateway.oidc.clientId',
  WB_GATE_SCOPES: 'gateway.oidc.scopes',
  WB_GATE_ADMIN_CLAIM: 'gateway.oidc.adminClaim',
};

/** Returns the errors with which the tasks would not start. */
function checkProcess(gate: GatewaySettings): readonly StageProblem[] {
  try {
    readGateSettings(gateEnvironment(gate));
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ name, problem }) => ({
      path: name
        .split(', ')
        .map((setting) => STAGE_PATHS[setting] ?? setting)
        .join(', '),
      problem,
    }));
  }
}

function checkFunctions({ WB_GATE }: FunctionOverrides): readonly StageProblem[] {
  return WB_GATE === undefined
    ? []
    : [{ path: 'functions.WB_GATE', problem: 'follows from `gateway`: remove it' }];
}
