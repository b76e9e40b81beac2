import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { environmentFor } from '../function-environment.ts';
import type { Permission } from '../permissions/allow.ts';
import { ControllerFunction } from './controller-function.ts';
import type { Network } from './network.ts';
import type { WorkbenchFileSystem } from './workbench-files.ts';

export interface JanitorProps {
  readonly files: WorkbenchFileSystem;
  readonly network: Network;
  readonly installation: string;
  readonly bundles: string;
  readonly logRetention: RetentionDays;
}

/** Lambda takes mounts below /mnt alone. */
const MOUNT_PATH = '/mnt/volumes';

/** The function that alone sees the files of all workbenches on one file system. It can reach nothing else. */
export class Janitor extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: JanitorProps) {
    super(scope, id);
    const { files: shelf, network, installation, bundles, logRetention } = props;
    const { fileSystem, parent, janitorRole, janitorName } = shelf;
    const mounts = `{"${fileSystem.fileSystemId}":"${MOUNT_PATH}"}`;
    const made = new ControllerFunction(this, 'Janitor', {
      name: 'janitor',
      deployedName: janitorName.slice(installation.length + 1),
      deployed: DEPLOYED.janitor,
      installation,
      bundles,
      environment: environmentFor(DEPLOYED.janitor.reads, { WB_JANITOR_MOUNTS: mounts }),
      permissions: vpcPermissions(this, janitorName),
      logRetention,
      role: janitorRole,
    });
    this.lambda = made.lambda;
    // CDK's own way would add rights of its choice to the role.
    const resource = this.lambda.node.defaultChild as CfnFunction;
    resource.vpcConfig = {
      subnetIds: network.vpc.privateSubnets.map(({ subnetId }) => subnetId),
      securityGroupIds: [network.janitor.securityGroupId],
    };
    resource.fileSystemConfigs = [{ arn: parent.accessPointArn, localMountPath: MOUNT_PATH }];
  }
}

const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** Lambda puts its functions into a VPC with their own rights, of which the code itself is to make no use. */
function vpcPermissions(scope: Construct, functionName: string): readonly Permission[] {
  const arn = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: functionName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [
    {
      sid: 'JoinVpc',
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ['*'],
      why: 'Lambda makes the network interfaces by which it reaches the file system.',
      anyResource: 'Lambda refuses to make a function whose role may not do this everywhere.',
    },
    {
      sid: 'DenyOwnCode',
      denies: true,
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ['*'],
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': arn } },
      why: 'Its own code has no use for them: Lambda alone has.',
      anyResource: 'What is forbidden is forbidden everywhere.',
    },
  ];
}
