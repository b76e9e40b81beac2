import * as z from 'zod/mini';
import type { Environment } from '#contract/settings/setting.ts';
import { ANY_ADDRESS, addressRange, subnet } from './network.ts';
import { choice, flag, group, integer, list, numberOf, oneOf, text } from './setting-types.ts';

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
  {
    description:
      'A public hosted zone of Route 53 in this account, to which its parent delegates. The domain is its name or below it.',
  },
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
          'Public subnets of `network.existing` for the load balancer: one in each of its zones, and in at least two. A load balancer sends nothing to a zone in which it has no subnet. Required there if it is internet-facing.',
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
          description: 'The keys that seal sessions. By default a secret with a random key is created.',
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
          description:
            'The origins whose pages may show the pages of the gate in a frame. Without one, the gate refuses to show a workbench in a frame of another host.',
          expected: 'origins',
          min: 0,
          max: 20,
        },
      ),
      [],
    ),
    autoStart: z.optional(
      choice({
        description:
          'With `visit`, a stopped workbench starts when its owner follows a link, a bookmark or an address to it. By default only the button on its page starts it.',
        of: ['visit'],
      }),
    ),
    stopNotice: z._default(
      flag({
        description:
          'Whether pages of workbenches show a notice from ten minutes before the workbench is stopped. The gate adds a script of its own to HTML documents that browsers open in a tab.',
      }),
      true,
    ),
    consoleUrl: z.optional(
      text({
        description:
          'The address of the console, for links on the pages of the gate. With `console.domain` it is that name by default. Without it, set the output `ConsoleUrl` of the stack of the console.',
        expected: 'an https address without query or fragment',
        pattern: /^https:\/\/[^\s?#]{1,2000}$/,
      }),
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

/** Returns the settings of the gate's process that have a counterpart in the stage. */
export function gateEnvironment(gate: GatewaySettings): Environment {
  const { oidc } = gate;
  return {
    WB_GATE_NAME: gate.name,
    WB_GATE_COLOR: gate.color,
    WB_GATE_FRAME_ANCESTORS: gate.frameAncestors.join(','),
    WB_GATE_AUTO_START: gate.autoStart,
    WB_GATE_STOP_NOTICE: gate.stopNotice ? 'on' : 'off',
    WB_GATE_CONSOLE_URL: gate.consoleUrl,
    WB_GATE_ISSUER: oidc?.issuer,
    WB_GATE_CLIENT_ID: oidc?.clientId,
    WB_GATE_SCOPES: oidc?.scopes.join(','),
    WB_GATE_ADMIN_CLAIM: oidc?.adminClaim,
  };
}

/** Returns the host name of the sign-in host. The hosts of workbenches are one level below it. */
export function gateDomainOf(baseUrl: string): string {
  return new URL(baseUrl).hostname;
}
