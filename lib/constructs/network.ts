import {
  CfnFlowLog,
  type CfnSecurityGroup,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import { allow } from '../permissions/allow.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';
import { type NetworkSetting, newNetworkOf, type OwnNetwork } from '../settings/network.ts';
import { createLogGroup } from './log-group.ts';
import { NatInstances } from './nat-instance.ts';

export interface NetworkProps {
  readonly setting: NetworkSetting;
  readonly installation: string;
  /** The HTTP port of the container of a workbench. */
  readonly containerPort: number;
  readonly logRetentionDays: number;
}

/** What forwards connections to the internet, for its metrics. Undefined if this app did not create it. */
export type WayOut =
  | { readonly by: 'natGateways'; readonly gatewayIds: readonly string[] }
  | { readonly by: 'natInstance'; readonly groupNames: readonly string[] };

/** NFS, the protocol of EFS. */
const NFS = Port.tcp(2049);

/**
 * The VPC, new or existing, and its security groups. Only the gateway can connect to workbenches. Workbenches can
 * connect to the configured addresses and their file systems, not to each other.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly wayOut: WayOut | undefined;
  /** For the reverse proxy in front of workbenches. */
  readonly gateway: ISecurityGroup;
  readonly tasks: ISecurityGroup;
  readonly instances: ISecurityGroup;
  readonly files: ISecurityGroup;
  readonly janitor: ISecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { setting } = props;
    if (setting.existing === undefined) ({ vpc: this.vpc, wayOut: this.wayOut } = this.#createVpc(props));
    else this.vpc = this.#importVpc(setting.existing);
    this.gateway = this.#createSecurityGroup('Gateway', 'The reverse proxy in front of workbenches');
    this.tasks = this.#createSecurityGroup('Tasks', 'Workbenches');
    this.instances = this.#createSecurityGroup('Instances', 'Instances that run workbenches');
    this.files = this.#createSecurityGroup('Files', 'File systems of workbenches');
    this.janitor = this.#createSecurityGroup('Janitor', 'Deletes files of deleted workbenches');

    const port = Port.tcp(props.containerPort);
    this.tasks.addIngressRule(this.gateway, port, 'Only the gateway connects to workbenches');
    this.gateway.addEgressRule(this.tasks, port, 'To workbenches');
    for (const cidr of setting.egressCidrs) {
      for (const egress of setting.egressPorts) {
        this.tasks.addEgressRule(Peer.ipv4(cidr), Port.tcp(egress), 'network.egressCidrs');
      }
    }
    // For the ECS agent and image pulls: ECS, ECR and S3.
    this.instances.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'ECS and the image repository');
    // EC2 allows all egress of a group whose template has no egress rules. Rules for other groups are separate resources.
    const groups = setting.egressPorts.length === 0 ? [this.tasks] : [];
    for (const group of [this.gateway, this.janitor, ...groups]) denyOtherEgress(group);
    for (const client of [this.tasks, this.janitor]) {
      client.addEgressRule(this.files, NFS, 'File systems');
      this.files.addIngressRule(client, NFS, 'Only workbenches and the janitor mount file systems');
    }
  }

  /** The subnets of instances, workbenches and file systems. */
  get privateSubnets(): readonly ISubnet[] {
    // With a way out they are private for CDK, without one isolated.
    return this.vpc.selectSubnets().subnets;
  }

  #createVpc(props: NetworkProps): { readonly vpc: IVpc; readonly wayOut: WayOut | undefined } {
    const { installation, logRetentionDays } = props;
    const own = newNetworkOf(props.setting);
    const nat = natProviderOf(own, installation);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: installation,
      ipAddresses: IpAddresses.cidr(own.cidr),
      maxAzs: own.zones,
      // ECS places the trunk interfaces of instances in the default security group. They carry the interfaces of tasks, which
      // have their own group. Nothing else uses it. To empty it, CDK would add a Lambda function to the stack.
      restrictDefaultSecurityGroup: false,
      natGateways: nat === undefined ? 0 : own.egressZones === 'each' ? own.zones : 1,
      ...(nat === undefined ? {} : { natGatewayProvider: nat }),
      subnetConfiguration: [
        {
          name: 'public',
          subnetType: SubnetType.PUBLIC,
          cidrMask: 26,
          mapPublicIpOnLaunch: false,
          // Keeps the range, so that the private subnets stay the same if `egress` changes.
          reserved: nat === undefined,
        },
        // The private subnets share the rest of the range, because each task uses an address.
        {
          name: 'private',
          subnetType: nat === undefined ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS,
        },
      ],
    });
    // Gateway endpoints are free and avoid NAT charges: image layers come from S3.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    // CDK's types are not compatible with `exactOptionalPropertyTypes`.
    const newVpc = vpc as IVpc;
    new FlowLogs(this, 'FlowLogs', { vpc: newVpc, installation, retentionDays: logRetentionDays });
    return { vpc: newVpc, wayOut: nat === undefined ? undefined : wayOutOf(nat) };
  }

  #importVpc(existing: NonNullable<NetworkSetting['existing']>): IVpc {
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: existing.vpcId,
      availabilityZones: existing.zones,
      privateSubnetIds: existing.privateSubnets,
    });
    acknowledge(vpc, {
      id: '@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason: 'This app does not change the routes of an existing VPC.',
    });
    return vpc;
  }

  #createSecurityGroup(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}

/** Adds a rule that matches no traffic, so that the group has an egress rule of its own. */
function denyOtherEgress(group: ISecurityGroup): void {
  const resource = group.node.defaultChild as CfnSecurityGroup;
  resource.securityGroupEgress = [
    {
      cidrIp: '255.255.255.255/32',
      description: 'Matches no traffic',
      ipProtocol: 'icmp',
      fromPort: 252,
      toPort: 86,
    },
  ];
}

function natProviderOf({ egress, cidr }: OwnNetwork, installation: string): NatProvider | undefined {
  if (egress === 'none') return undefined;
  return egress === 'natInstance' ? new NatInstances({ installation, cidr }) : NatProvider.gateway();
}

function wayOutOf(nat: NatProvider): WayOut {
  if (nat instanceof NatInstances) {
    return { by: 'natInstance', groupNames: nat.instances.map(({ groupName }) => groupName) };
  }
  return { by: 'natGateways', gatewayIds: nat.configuredGateways.map(({ gatewayId }) => gatewayId) };
}

/** Logs the rejected traffic of a VPC. Accepted traffic is not logged, because AWS bills flow logs by the gigabyte. */
export class FlowLogs extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly vpc: IVpc; readonly installation: string; readonly retentionDays: number },
  ) {
    super(scope, id);
    const { vpc, installation, retentionDays } = props;
    const logGroup = createLogGroup(this, 'LogGroup', {
      name: `/${installation}/rejected-traffic`,
      logRetention: retentionDays,
    });
    const role = new Role(this, 'Role', {
      description: 'Writes the flow logs',
      assumedBy: servicePrincipalOf(this, 'vpc-flow-logs.amazonaws.com'),
    });
    const permissions = allow(this, 'Writes', role, [
      {
        sid: 'WriteFlowLogs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
        resources: [logGroup.logGroupArn],
        why: 'Writes flow logs of rejected traffic.',
      },
    ]);
    new CfnFlowLog(this, 'FlowLog', {
      resourceType: 'VPC',
      resourceId: vpc.vpcId,
      trafficType: 'REJECT',
      logDestinationType: 'cloud-watch-logs',
      logGroupName: logGroup.logGroupName,
      deliverLogsPermissionArn: role.roleArn,
    }).node.addDependency(role, ...permissions);
  }
}
