import * as z from 'zod/mini';
import { group, integer, list, text } from './setting-types.ts';

const zone = text({
  description: 'An availability zone.',
  expected: 'an availability zone such as `us-west-1a`',
  pattern: /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/,
});

const subnet = text({
  description: 'A subnet.',
  expected: 'the id of a subnet',
  pattern: /^subnet-[0-9a-f]{8,17}$/,
});

const own = group(
  {
    cidr: z._default(
      text({
        description: 'Its addresses. Each running workbench takes one of its own.',
        expected: 'a private range from /16 to /22 such as `10.40.0.0/16`',
        pattern: /^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\/(1[6-9]|2[0-2])$/,
      }),
      '10.40.0.0/16',
    ),
    zones: z._default(integer({ description: 'How many availability zones it spans.', min: 2, max: 4 }), 2),
    natGateways: z._default(
      integer({
        description:
          'How many zones have a way out of their own. With one, its failure cuts every workbench off, and traffic from the other zones is paid for; each costs by the hour.',
        min: 1,
        max: 4,
      }),
      1,
    ),
  },
  { description: 'A VPC is made.' },
);

const existing = group(
  {
    vpcId: text({ description: 'Which.', expected: 'the id of a VPC', pattern: /^vpc-[0-9a-f]{8,17}$/ }),
    zones: list(zone, {
      description: 'The availability zones of the subnets, in their order.',
      expected: 'availability zones',
      min: 1,
      max: 6,
    }),
    privateSubnets: list(subnet, {
      description:
        'Private subnets with a way to the internet, one in each zone. A gateway endpoint for S3 and DynamoDB saves the cost of that way for most of the traffic.',
      expected: 'subnets',
      min: 1,
      max: 6,
    }),
  },
  { description: 'A VPC that is there already.' },
);

export const networkSetting = group(
  {
    own: z.optional(own),
    existing: z.optional(existing),
    egressPorts: z._default(
      list(integer({ description: 'A TCP port.', min: 1, max: 65_535 }), {
        description: 'The TCP ports on which workbenches may reach other machines.',
        expected: 'ports',
        min: 0,
        max: 40,
      }),
      [22, 80, 443],
    ),
  },
  { description: 'Where everything runs: `own` (the default, with its own defaults) or `existing`.' },
);

export type OwnNetwork = z.infer<typeof own>;
export type ExistingNetwork = z.infer<typeof existing>;
export type NetworkSetting = z.infer<typeof networkSetting>;

/** The VPC to make, when none is given. */
export function newNetworkOf({ own: written }: NetworkSetting): OwnNetwork {
  return written ?? own.parse({});
}
