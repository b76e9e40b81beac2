import * as z from 'zod/mini';
import { choice, group, integer, list, text } from './setting-types.ts';

const zone = text({
  description: 'An availability zone.',
  expected: 'an availability zone such as `us-west-1a`',
  pattern: /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/,
});

export const subnet = text({
  description: 'A subnet.',
  expected: 'the id of a subnet',
  pattern: /^subnet-[0-9a-f]{8,17}$/,
});

/** Every address. */
export const ANY_ADDRESS = '0.0.0.0/0';

const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';

export const addressRange = text({
  description: 'A range of IPv4 addresses.',
  expected: 'a range of IPv4 addresses such as `10.0.0.0/8`',
  pattern: new RegExp(`^${OCTET}(\\.${OCTET}){3}/(3[0-2]|[12]?\\d)$`),
});

/** The quota of EC2 for the outbound rules of a security group. */
export const EGRESS_RULES_MAX = 60;

const newVpc = group(
  {
    cidr: z._default(
      text({
        description: 'Address range. Each running workbench uses one address.',
        expected: 'a private range from /16 to /22 such as `10.40.0.0/16`',
        pattern: /^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\/(1[6-9]|2[0-2])$/,
      }),
      '10.40.0.0/16',
    ),
    zones: z._default(integer({ description: 'Number of availability zones.', min: 2, max: 4 }), 2),
    egress: z._default(
      choice({
        description:
          'The way to the internet. `natGateways`: managed by AWS. `natInstance`: small instances of this installation, for a fraction of the price and with less bandwidth; an instance that fails is replaced within minutes, during which workbenches have no internet and do not start. `none`: the private subnets get no default route, for a network with a way out of its own; add the routes to the tables in the output `PrivateRouteTables`.',
        of: ['natGateways', 'natInstance', 'none'],
      }),
      'natGateways',
    ),
    egressZones: z._default(
      choice({
        description:
          'Zones with a NAT gateway or NAT instance. With `one`, its failure disconnects every workbench from the internet, and AWS bills traffic from the other zones. Each has a price by the hour.',
        of: ['one', 'each'],
      }),
      'one',
    ),
  },
  { description: 'A new VPC.' },
);

const existing = group(
  {
    vpcId: text({
      description:
        'Id of the VPC. It must have DNS resolution and DNS hostnames, which the addresses of file systems need.',
      expected: 'the id of a VPC',
      pattern: /^vpc-[0-9a-f]{8,17}$/,
    }),
    zones: list(zone, {
      description: 'The availability zones of the subnets, in the order of the subnets.',
      expected: 'availability zones',
      min: 1,
      max: 6,
    }),
    privateSubnets: list(subnet, {
      description:
        'Private subnets of this account with a route to the internet, one in each zone. In a subnet that another account shares, hosts cannot be launched. Gateway endpoints for S3 and DynamoDB avoid NAT charges for most of the traffic.',
      expected: 'subnets',
      min: 1,
      max: 6,
    }),
  },
  { description: 'An existing VPC.' },
);

export const networkSetting = group(
  {
    own: z.optional(newVpc),
    existing: z.optional(existing),
    egressPorts: z._default(
      list(integer({ description: 'A TCP port.', min: 1, max: 65_535 }), {
        description: 'The TCP ports to which workbenches may connect.',
        expected: 'ports',
        min: 0,
        max: 40,
      }),
      [22, 80, 443],
    ),
    egressCidrs: z._default(
      list(addressRange, {
        description:
          'The addresses to which workbenches may connect, on those ports. With the default, workbenches also reach every internal host to which the VPC has a route. A list cannot exclude addresses; docs/operations.md says how.',
        expected: 'ranges of addresses',
        min: 1,
        max: 20,
      }),
      [ANY_ADDRESS],
    ),
  },
  { description: 'The VPC: `own` for a new one (the default) or `existing`.' },
);

export type OwnNetwork = z.infer<typeof newVpc>;
export type ExistingNetwork = z.infer<typeof existing>;
export type NetworkSetting = z.infer<typeof networkSetting>;

/** Returns the settings of the VPC to create if no existing VPC is given. */
export function newNetworkOf({ own }: NetworkSetting): OwnNetwork {
  return own ?? newVpc.parse({});
}
