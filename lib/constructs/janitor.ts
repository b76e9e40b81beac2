import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import { JANITOR_ENTRIES_AT_ONCE } from '#contract/janitor.ts';
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
  /** All janitors share it, because a stack can have 500 resources. */
  readonly logGroup: ILogGroup;
}

/** Lambda accepts mount paths below /mnt only. */
const MOUNT_PATH = '/mnt/volumes';

/** The only function that can access the files of all workbenches on one file system. It can access nothing else. */
export class JanitorFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: JanitorProps) {
    super(scope, id);
    const { files, network, installation, bundles, logRetention, logGroup } = props;
    const { fileSystem, parent, janitorRole, janitorName } = files;
    const mounts = `{"${fileSystem.fileSystemId}":"${MOUNT_PATH}"}`;
    const { lambda } = new ControllerFunction(this, 'Janitor', {
      name: 'janitor',
      deployedName: janitorName.slice(installation.length + 1),
      deployed: DEPLOYED.janitor,
      installation,
      bundles,
      environment: {
        ...environmentFor(DEPLOYED.janitor.reads, { WB_JANITOR_MOUNTS: mounts }),
        // Node's thread pool has 4 threads otherwise, and a thread waits for each call.
        UV_THREADPOOL_SIZE: String(JANITOR_ENTRIES_AT_ONCE),
      },
      permissions: vpcPermissions(this, janitorName),
      logRetention,
      logGroup,
      role: janitorRole,
    });
    this.lambda = lambda;
    // Set on the CloudFormation resource, because CDK's `vpc` and `filesystem` would add permissions to the role.
    const resource = this.lambda.node.defaultChild as CfnFunction;
    resource.vpcConfig = {
      subnetIds: network.privateSubnets.map(({ subnetId }) => subnetId),
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

/** Lambda attaches a function to a VPC with the role of the function. The code must not use these permissions. */
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
      why: 'Lambda creates the network interfaces through which the function reaches the file system.',
      anyResource:
        'Lambda refuses to create a function whose role does not allow these actions on every resource.',
    },
    {
      sid: 'DenyOwnCode',
      denies: true,
      actions: NETWORK_INTERFACE_ACTIONS,
      resources: ['*'],
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': arn } },
      why: 'Only Lambda needs these actions; the code of the function does not.',
      anyResource: 'The denial must cover every resource.',
    },
  ];
}
