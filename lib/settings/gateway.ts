import * as z from 'zod/mini';
import type { AuthSetting } from './access.ts';
import { ANY_ADDRESS, addressRange, type NetworkSetting, newNetworkOf, subnet } from './network.ts';
import { choice, flag, group, integer, list, numberOf, oneOf, text } from './setting-types.ts';
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

const secretArn = (description: string) =>
  text({
    description,
    expected: 'the ARN of a secret',
    pattern: /^arn:[a-z-]{1,20}:secretsmanager:[a-z0-9-]{1,30}:\d{12}:secret:[\w/+=.@-]{1,512}$/,
  });

const keyArn = (description: string) =>
  text({
    description,
    expected: 'the ARN of a KMS key',
    pattern: /^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,30}:\d{12}:key\/[\w-]{1,128}$/,
  });

const hostedZone = group(
  {
    id: text({
      description: 'Id of the zone.',
      expected: 'the id of a hosted zone such as `Z0123456789ABCDEFGHIJ`',
      pattern: /^Z[A-Z0-9]{1,31}$/,
    }),
    name: text({
      description: 'Name of the zone, without a dot at the end.',
      expected: 'a domain name in lower case such as `example.com`',
      pattern: /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    }),
  },
  { description: 'A hosted zone of Route 53 in this account. The domain is its name or below it.' },
);

const image = group(
  {
    tag: z.optional(
      text({
        description:
          'A version of the image of the gate. `npm run image:push -- --gate` pushes it as `gate-<tag>` to the image repository of the installation. It cannot be overwritten.',
        expected: 'at most 120 letters, digits, dots, dashes and underscores',
        pattern: /^\w[\w.-]{0,119}$/,
      }),
    ),
    digest: z.optional(
      text({
        description: 'The digest of an image in that repository, instead of a tag.',
        expected: '`sha256:` and 64 hexadecimal digits',
        pattern: /^sha256:[0-9a-f]{64}$/,
      }),
    ),
    architecture: z._default(
      choice({ description: 'The architecture of the image and its tasks.', of: ['x86_64', 'arm64'] }),
      'x86_64',
    ),
  },
  { description: 'The image of the gate. Exactly one of `tag` and `digest` is required.' },
);

const oidc = group(
  {
    issuer: text({
      description: 'The issuer at which people sign in, exactly as in its discovery document.',
      expected: 'an https address without query or fragment',
      pattern: /^https:\/\/[^\s?#]{1,2000}$/,
    }),
    clientId: text({
      description: 'The client of the gate at that issuer.',
      expected: '1 to 256 visible ASCII characters',
      pattern: /^[\x21-\x7e]{1,256}$/,
    }),
    secretArn: z.optional(
      secretArn(
        'The Secrets Manager secret that contains the secret of that client as `client_secret` in JSON. Without it the client is a public one.',
      ),
    ),
    secretKeyArn: z.optional(
      keyArn('The KMS key that encrypts the secret. Required if it is a key of your own.'),
    ),
    scopes: z._default(
      list(
        text({
          description: 'A scope.',
          expected: 'a scope of visible ASCII characters',
          pattern: /^[\x21-\x7e]{1,128}$/,
        }),
        {
          description: 'The scopes that the gate requests, of which one is `openid`.',
          expected: 'scopes',
          min: 1,
          max: 20,
        },
      ),
      ['openid'],
    ),
    adminClaim: z.optional(
      text({
        description:
          'The claim of the ID token with the roles or groups of a user. A user who has `auth.adminScope` among them may open every workbench.',
        expected: '1 to 128 visible ASCII characters',
        pattern: /^[\x21-\x7e]{1,128}$/,
      }),
    ),
  },
  {
    description:
      'Sign-in by an OIDC issuer, such as Keycloak. Without it, only tickets of the API open a workbench.',
  },
);

const gateway = group(
  {
    image,
    certificateArn: z.optional(
      text({
        description:
          'A certificate of ACM in this region for the host name of `baseUrl` and all names one level below it.',
        expected: 'the ARN of a certificate',
        pattern: /^arn:[a-z-]{1,20}:acm:[a-z0-9-]{1,30}:\d{12}:certificate\/[\w-]{1,64}$/,
      }),
    ),
    hostedZone: z.optional(hostedZone),
    internetFacing: z._default(
      flag({
        description:
          'Whether the load balancer has public addresses. With `false` it is reached only through the VPC and the networks that have a route to it.',
      }),
      true,
    ),
    allowedCidrs: z._default(
      list(addressRange, {
        description: 'The addresses that may connect to the load balancer.',
        expected: 'ranges of addresses',
        min: 1,
        max: 20,
      }),
      [ANY_ADDRESS],
    ),
    publicSubnets: z.optional(
      list(subnet, {
        description:
          'Public subnets of `network.existing` for the load balancer, in at least two zones. Required there if it is internet-facing.',
        expected: 'subnets',
        min: 2,
        max: 6,
      }),
    ),
    tasks: z.optional(
      integer({
        description:
          'Minimum number of tasks. They run in different zones. 2 by default in production, otherwise 1.',
        min: 1,
        max: 20,
      }),
    ),
    maxTasks: z._default(
      integer({
        description: 'Maximum number of tasks. Tasks are added while they use more than 55 % of their CPU.',
        min: 1,
        max: 40,
      }),
      4,
    ),
    cpuUnits: z._default(
      numberOf({
        description: 'CPU of a task. A vCPU has 1,024 units.',
        unit: '1/1,024 vCPU',
        of: [256, 512, 1024, 2048],
        expected: 'one of 256, 512, 1024, 2048',
      }),
      256,
    ),
    memoryMib: z._default(
      integer({ description: 'Memory of a task.', unit: 'MiB', min: 512, max: 16_384 }),
      512,
    ),
    oidc: z.optional(oidc),
    sealingKeys: z.optional(
      group(
        {
          secretArn: secretArn(
            'The Secrets Manager secret, with the JSON that docs/operations.md describes.',
          ),
          keyArn: z.optional(
            keyArn('The KMS key that encrypts the secret. Required if it is a key of your own.'),
          ),
        },
        {
          description:
            'The keys that seal sessions and tickets. By default a secret with a random key is created.',
        },
      ),
    ),
    name: z.optional(
      text({
        description: 'Name of the installation on the pages of the gate.',
        expected: '1 to 64 characters without control characters',
        pattern: /^\P{Cc}{1,64}$/u,
      }),
    ),
    color: z.optional(
      text({
        description: 'Color of the bar and of the buttons on those pages.',
        expected: 'a color written `#rrggbb`',
        pattern: /^#[0-9a-fA-F]{6}$/,
      }),
    ),
    frameAncestors: z._default(
      list(
        text({
          description: 'An origin.',
          expected: 'an origin such as `https://app.example.com`',
          pattern: /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/,
        }),
        {
          description: 'The origins whose pages may show the pages of the gate in a frame.',
          expected: 'origins',
          min: 0,
          max: 20,
        },
      ),
      [],
    ),
    accessLogRetentionDays: z._default(
      integer({
        description: 'Retention of the access logs of the load balancer, in a bucket of S3.',
        unit: 'days',
        min: 1,
        max: 3650,
      }),
      90,
    ),
  },
  {
    description:
      'The gate, through which browsers reach workbenches: a load balancer and tasks of Fargate. `baseUrl` is the address of the sign-in host, and a workbench has the host `<workbench_id>.<host of baseUrl>`.',
  },
);

export const gatewaySetting = oneOf(
  [z.literal('none', { error: () => 'expected `none` or an object' }), gateway],
  {
    description:
      'The gate in front of workbenches. With `none` the installation has no reverse proxy; docs/operations.md describes what yours must do.',
    expected: '`none` or an object',
  },
);

export type GatewaySetting = z.infer<typeof gatewaySetting>;
export type GatewaySettings = z.infer<typeof gateway>;

/** Returns the minimum number of tasks. */
export function gateTaskCount({ tasks }: GatewaySettings, production: boolean): number {
  return tasks ?? (production ? 2 : 1);
}

/** Returns the tag of the image in the repository, which has the images of workbenches too. Undefined for a digest. */
export function gateImageTag({ image: { tag } }: GatewaySettings): string | undefined {
  return tag === undefined ? undefined : `gate-${tag}`;
}

/** Returns the host name of the sign-in host. The hosts of workbenches are one level below it. */
export function gateDomainOf(baseUrl: string): string {
  return new URL(baseUrl).hostname;
}

interface GatedStage {
  readonly gateway: GatewaySetting;
  readonly baseUrl: string;
  readonly auth: AuthSetting;
  readonly network: NetworkSetting;
  readonly production: boolean;
}

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
    return publicSubnets === undefined
      ? [{ path, problem: 'is required with `network.existing` for a load balancer with public addresses' }]
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
  if (oidc === undefined) return [];
  const { scopes, secretArn: secret, secretKeyArn: key } = oidc;
  return [
    ...(scopes.includes('openid') ? [] : [{ path: 'gateway.oidc.scopes', problem: 'must include `openid`' }]),
    ...(key !== undefined && secret === undefined
      ? [{ path: 'gateway.oidc.secretKeyArn', problem: 'requires `secretArn`' }]
      : []),
  ];
}
