import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnFlowLog, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { allow } from '../permissions/allow.ts';
import { servicePrincipalOf } from '../permissions/service-principal.ts';

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
      logGroupName: `/${installation}/refused-traffic`,
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
