import { RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnFlowLog,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import { allow } from '../permissions/allow.ts';
import { servicePrincipalOf } from '../permissions/permission-context.ts';
import { type NetworkSetting, newNetworkOf } from '../settings/network.ts';

export interface NetworkProps {
  readonly setting: NetworkSetting;
  readonly installation: string;
  /** The port on which the container of a workbench answers HTTP. */
  readonly containerPort: number;
  readonly logRetentionDays: number;
}

/** NFS, which EFS speaks. */
const NFS = Port.tcp(2049);

/**
 * The VPC, made or given, and who may reach whom in it. Workbenches are reached by the gateway alone, and reach
 * the internet and their files; no workbench reaches another.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** For the reverse proxy in front of workbenches. */
  readonly gateway: ISecurityGroup;
  readonly tasks: ISecurityGroup;
  readonly instances: ISecurityGroup;
  readonly files: ISecurityGroup;
  readonly janitor: ISecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { setting } = props;
    this.vpc = setting.existing === undefined ? this.#createVpc(props) : this.#importVpc(setting.existing);
    this.gateway = this.#createSecurityGroup('Gateway', 'The reverse proxy in front of workbenches');
    this.tasks = this.#createSecurityGroup('Tasks', 'Workbenches');
    this.instances = this.#createSecurityGroup('Instances', 'Instances that run workbenches');
    this.files = this.#createSecurityGroup('Files', 'File systems of workbenches');
    this.janitor = this.#createSecurityGroup('Janitor', 'Deletes files of deleted workbenches');

    const port = Port.tcp(props.containerPort);
    this.tasks.addIngressRule(this.gateway, port, 'Workbenches are reached by the gateway alone');
    this.gateway.addEgressRule(this.tasks, port, 'To workbenches');
    for (const egress of setting.egressPorts) {
      this.tasks.addEgressRule(Peer.anyIpv4(), Port.tcp(egress), 'The internet');
    }
    // The agent and the pulls of images: ECS, ECR and S3.
    this.instances.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'ECS and the image repository');
    for (const client of [this.tasks, this.janitor]) {
      client.addEgressRule(this.files, NFS, 'Their files');
      this.files.addIngressRule(client, NFS, 'Files are reached by workbenches and the janitor');
    }
  }

  #createVpc({ setting, installation, logRetentionDays }: NetworkProps): IVpc {
    const { cidr, zones, natGateways } = newNetworkOf(setting);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: installation,
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: zones,
      natGateways,
      // Nothing is ever in the default group; emptying it would take a function of CDK's own in every stack.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        // The rest, evenly: each task takes an address.
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ],
    });
    // Both are free, and spare the way through the NAT gateway: images come from S3.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    // CDK's own types are not made for exact optional properties.
    const made = vpc as IVpc;
    new FlowLogs(this, 'FlowLogs', { vpc: made, installation, retentionDays: logRetentionDays });
    return made;
  }

  #importVpc(given: NonNullable<NetworkSetting['existing']>): IVpc {
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: given.vpcId,
      availabilityZones: given.zones,
      privateSubnetIds: given.privateSubnets,
    });
    acknowledge(vpc, {
      id: '@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason: 'Nothing is added to the routes of a VPC that is not ours.',
    });
    return vpc;
  }

  #createSecurityGroup(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}

/** What was refused in a VPC: who tried to reach what they may not. Accepted traffic would cost by the gigabyte. */
export class FlowLogs extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly vpc: IVpc; readonly installation: string; readonly retentionDays: number },
  ) {
    super(scope, id);
    const { vpc, installation, retentionDays } = props;
    const logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: `/${installation}/rejected-traffic`,
      retention: retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      description: 'Writes the flow logs',
      assumedBy: servicePrincipalOf(this, 'vpc-flow-logs.amazonaws.com'),
    });
    allow(this, 'Writes', role, [
      {
        sid: 'WriteFlowLogs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
        resources: [logGroup.logGroupArn],
        why: 'Writes what was refused.',
      },
    ]);
    new CfnFlowLog(this, 'FlowLog', {
      resourceType: 'VPC',
      resourceId: vpc.vpcId,
      trafficType: 'REJECT',
      logDestinationType: 'cloud-watch-logs',
      logGroupName: logGroup.logGroupName,
      deliverLogsPermissionArn: role.roleArn,
    }).node.addDependency(role);
  }
}
