import { CfnOutput, Fn } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Network } from './constructs/network.ts';
import { readFunctionSettings } from './settings/function-settings.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

/** The VPC and its security groups. */
export class NetworkStack extends WorkbenchStack {
  readonly network: Network;

  constructor(scope: Construct, settings: StageSettings) {
    super(scope, 'network', settings, {
      description: 'Workbench controller: VPC and security groups',
      terminationProtection: settings.production,
    });
    this.network = new Network(this, 'Network', {
      setting: settings.network,
      installation: settings.installation,
      containerPort: readFunctionSettings(settings).WB_CONTAINER_PORT,
      logRetentionDays: settings.logs.retentionDays,
    });
    if (settings.network.own?.egress === 'none') {
      new CfnOutput(this, 'PrivateRouteTables', {
        description: 'Route tables that need a route to the internet',
        value: Fn.join(
          ',',
          this.network.privateSubnets.map(({ routeTable }) => routeTable.routeTableId),
        ),
      });
    }
    new CfnOutput(this, 'VpcId', { value: this.network.vpc.vpcId });
    new CfnOutput(this, 'GatewaySecurityGroup', {
      description: 'For the reverse proxy in front of workbenches. Nothing else can connect to them',
      value: this.network.gateway.securityGroupId,
    });
  }
}
