import { Fn, Tags } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import {
  CfnEIP,
  CfnEIPAssociation,
  CfnLaunchTemplate,
  CfnNetworkInterface,
  type ConfigureNatOptions,
  type GatewayConfig,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  type PrivateSubnet,
  type PublicSubnet,
  RouterType,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { ParameterValueType, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** Two arm64 vCPUs and 512 MiB. tools/costs has its price. */
export const NAT_INSTANCE_TYPE = 't4g.nano';

/** Bandwidth of this type in Mbit/s, according to the table of EC2: in bursts, and without end. */
export const NAT_BURST_MBITS = 5000;
export const NAT_SUSTAINED_MBITS = 32;

/** Smallest disk that the AMI accepts, with space for the swap file. */
const DISK_GIB = 8;

/** AL2023 for arm64 that is current at the time of the deployment. */
const IMAGE_PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

/**
 * After this time the Auto Scaling group replaces the instance, so that it gets the AMI of the last deployment. The
 * group does it, not a rolling update of CloudFormation: the network interface is free only after the old instance is
 * terminated, and the group repeats a launch that came too early.
 */
export const NAT_LIFETIME_DAYS = 30;

export interface NatInstancesProps {
  readonly installation: string;
  /** Address range of the VPC. */
  readonly cidr: string;
}

/** NAT instances for a VPC of CDK: one for each public subnet that the VPC passes. */
export class NatInstances extends NatProvider {
  readonly #props: NatInstancesProps;
  readonly instances: NatInstance[] = [];
  #privateSubnets: readonly PrivateSubnet[] = [];

  constructor(props: NatInstancesProps) {
    super();
    this.#props = props;
  }

  get configuredGateways(): GatewayConfig[] {
    return this.instances.map(({ az, interfaceId }) => ({ az, gatewayId: interfaceId }));
  }

  override configureNat({ vpc, natSubnets, privateSubnets }: ConfigureNatOptions): void {
    // CDK's types are not compatible with `exactOptionalPropertyTypes`.
    const securityGroup = createSecurityGroup(vpc as IVpc, this.#props);
    for (const subnet of natSubnets) {
      this.instances.push(new NatInstance(subnet, 'Nat', { ...this.#props, subnet, securityGroup }));
    }
    this.#privateSubnets = privateSubnets;
    for (const subnet of privateSubnets) this.configureSubnet(subnet);
  }

  /** Routes a private subnet through the instance of its zone, if its zone has one. */
  override configureSubnet(subnet: PrivateSubnet): void {
    const zone = this.#privateSubnets.indexOf(subnet);
    const instance = this.instances[zone % this.instances.length];
    if (instance === undefined) throw new Error('a VPC with NAT instances needs a public subnet');
    subnet.addRoute('DefaultRoute', {
      routerType: RouterType.NETWORK_INTERFACE,
      routerId: instance.interfaceId,
      enablesInternetConnectivity: true,
    });
  }
}

function createSecurityGroup(vpc: IVpc, { cidr }: NatInstancesProps): SecurityGroup {
  const group = new SecurityGroup(vpc, 'NatInstances', {
    vpc,
    description: 'NAT instances: forward connections of the VPC to the internet',
    allowAllOutbound: true,
  });
  group.addIngressRule(Peer.ipv4(cidr), Port.allTraffic(), 'Connections of this VPC to the internet');
  return group;
}

interface NatInstanceProps extends NatInstancesProps {
  readonly subnet: PublicSubnet;
  readonly securityGroup: SecurityGroup;
}

/**
 * An instance that forwards the connections of private subnets to the internet. Its network interface and its public
 * address exist independently of it and are the target of the routes, so that a replacement needs no new route. The
 * instance has no role and no key, and accepts connections from the VPC only.
 */
export class NatInstance extends Construct {
  /** Availability zone. */
  readonly az: string;
  readonly interfaceId: string;
  /** Name of the Auto Scaling group, for its metrics. */
  readonly groupName: string;

  constructor(scope: Construct, id: string, props: NatInstanceProps) {
    super(scope, id);
    const { installation, cidr, subnet, securityGroup } = props;
    const name = `${installation}-nat`;
    this.az = subnet.availabilityZone;
    const networkInterface = new CfnNetworkInterface(this, 'Interface', {
      description: `${name}: target of the default route`,
      subnetId: subnet.subnetId,
      groupSet: [securityGroup.securityGroupId],
      // The instance forwards packets with other addresses than its own.
      sourceDestCheck: false,
    });
    this.interfaceId = networkInterface.attrId;
    const address = new CfnEIP(this, 'Address', { domain: 'vpc' });
    const association = new CfnEIPAssociation(this, 'AddressOfInterface', {
      allocationId: address.attrAllocationId,
      networkInterfaceId: this.interfaceId,
    });
    // EC2 associates no address until the internet gateway is attached.
    association.node.addDependency(subnet.internetConnectivityEstablished);
    const template = new CfnLaunchTemplate(this, 'Template', {
      launchTemplateData: {
        imageId: StringParameter.valueForTypedStringParameterV2(
          this,
          IMAGE_PARAMETER,
          ParameterValueType.AWS_EC2_IMAGE_ID,
        ),
        instanceType: NAT_INSTANCE_TYPE,
        networkInterfaces: [
          { deviceIndex: 0, networkInterfaceId: this.interfaceId, deleteOnTermination: false },
        ],
        // With unlimited credits, traffic without end would cost money. The bandwidth has its own limit.
        creditSpecification: { cpuCredits: 'standard' },
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: '/dev/xvda',
            ebs: { volumeSize: DISK_GIB, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
          },
        ],
        userData: Fn.base64(natUserData(cidr)),
      },
    });
    const group = new CfnAutoScalingGroup(this, 'Group', {
      minSize: '1',
      maxSize: '1',
      // With an existing network interface a group names its zone, not its subnet.
      availabilityZones: [this.az],
      launchTemplate: {
        launchTemplateId: template.ref,
        version: template.attrLatestVersionNumber,
      },
      maxInstanceLifetime: NAT_LIFETIME_DAYS * 24 * 3600,
      // Terminates the old instance first, because two instances cannot have the same network interface.
      instanceMaintenancePolicy: { minHealthyPercentage: 0, maxHealthyPercentage: 100 },
    });
    this.groupName = group.ref;
    Tags.of(group).add('Name', name);
    // The controller may terminate instances with this tag.
    Tags.of(group).add(INSTALLATION_TAG, installation, { applyToLaunchedInstances: false, priority: 200 });
    // The instance installs a package when it starts.
    group.node.addDependency(association, subnet.internetConnectivityEstablished);
    this.#acknowledgeRules(group);
  }

  #acknowledgeRules(group: CfnAutoScalingGroup): void {
    acknowledge(group, {
      id: 'AwsSolutions-AS3',
      reason: 'The group replaces one instance. An alarm on its traffic and the dashboard show it.',
    });
    acknowledge(group, {
      id: `${CONTROL_TOWER}::autoscaling_multiple_az_check`,
      reason:
        'A network interface belongs to one zone. `network.own.egressZones: each` adds one for each zone.',
    });
  }
}

/**
 * Returns the shell script that turns an instance of AL2023 into a NAT. It has one network interface, whose public
 * address receives the responses. The rules and the setting survive a reboot.
 */
export function natUserData(cidr: string): string {
  return `#!/bin/sh
set -eu
# An instance that is stopped is unhealthy, and its group replaces it.
trap 'test "$?" -eq 0 || shutdown -h now' EXIT

# dnf needs more than the 512 MiB of the smallest instance type.
dd if=/dev/zero of=/swap bs=1M count=1024
chmod 600 /swap
mkswap /swap
swapon /swap

# The way out exists already, but the repository may not respond at once.
attempts=0
until dnf install -y nftables; do
  attempts=$((attempts + 1))
  test "$attempts" -lt 10
  sleep 15
done

cat > /etc/sysctl.d/90-nat.conf <<'SETTINGS'
net.ipv4.ip_forward = 1
SETTINGS
sysctl -p /etc/sysctl.d/90-nat.conf

cat > /etc/sysconfig/nftables.conf <<'RULES'
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${cidr} ip daddr != ${cidr} masquerade
  }
}
RULES
systemctl enable --now nftables
`;
}
