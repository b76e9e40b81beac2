import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { CfnClusterCapacityProviderAssociations, Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, CONTROL_TOWER } from './checks/acknowledge.ts';
import { AwsvpcTrunking } from './constructs/awsvpc-trunking.ts';
import { CapacityProvider } from './constructs/capacity-provider.ts';
import { ImageRepository } from './constructs/image-repository.ts';
import { HostTemplates } from './constructs/instance-launch-template.ts';
import type { Network } from './constructs/network.ts';
import { allow } from './permissions/allow.ts';
import { agentPermissions, executionPermissions } from './permissions/ecs-roles.ts';
import { servicePrincipalOf } from './permissions/permission-context.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

/** Where workbenches run: the cluster, its machines, the image. */
export class ClusterStack extends WorkbenchStack {
  readonly clusterName: string;
  readonly capacityProviders: readonly CapacityProvider[];
  readonly hosts: HostTemplates;
  readonly images: ImageRepository;
  /** Of the machines. */
  readonly instanceRole: IRole;
  /** Of ECS for the tasks. */
  readonly executionRole: IRole;
  readonly workbenchLogs: LogGroup;

  constructor(scope: Construct, settings: StageSettings, network: Network) {
    super(scope, 'cluster', settings, {
      description: 'Workbench controller: ECS cluster, machines, image repository',
      terminationProtection: settings.production,
    });
    const { installation, ecs, logs } = settings;
    const { vpc, instances: securityGroup } = network;
    // Fixed: the machines' and functions' rights name it.
    this.clusterName = installation;
    const cluster = new Cluster(this, 'Cluster', {
      vpc,
      clusterName: this.clusterName,
      containerInsightsV2: ecs.containerInsights ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
    });
    if (!ecs.containerInsights) {
      const reason =
        'Each workbench has a task definition of its own and would be billed as several metrics: `ecs.containerInsights` turns it on.';
      acknowledge(
        cluster,
        { id: 'AwsSolutions-ECS4', reason },
        { id: `${CONTROL_TOWER}::ecs_container_insights_enabled_check`, reason },
      );
    }
    this.images = new ImageRepository(this, 'Images');
    this.workbenchLogs = new LogGroup(this, 'WorkbenchLogs', {
      logGroupName: `/${installation}/workbenches`,
      retention: logs.workbenchRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const executionRole = new Role(this, 'ExecutionRole', {
      description: 'ECS: pulls the image of workbenches and keeps what they print',
      assumedBy: servicePrincipalOf(this, 'ecs-tasks.amazonaws.com'),
    });
    this.executionRole = executionRole;
    allow(
      this,
      'Execution',
      executionRole,
      executionPermissions(this.images.repository.repositoryArn, this.workbenchLogs.logGroupArn),
    );
    const instanceRole = new Role(this, 'InstanceRole', {
      description: 'Instances of workbenches: the ECS agent',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    this.instanceRole = instanceRole;
    allow(this, 'Agent', instanceRole, agentPermissions(this, this.clusterName));

    this.capacityProviders = settings.capacityProviders.map(
      (setting) =>
        new CapacityProvider(this, `Provider-${setting.name}`, {
          setting,
          installation,
          cluster: this.clusterName,
          vpc,
          securityGroup,
          role: instanceRole,
        }),
    );
    const associations = new CfnClusterCapacityProviderAssociations(this, 'Providers', {
      cluster: cluster.clusterName,
      capacityProviders: this.capacityProviders.map(({ resource: provider }) => provider.ref),
      // Every start names its provider.
      defaultCapacityProviderStrategy: [],
    });
    // With the cluster comes the role by which ECS scales the groups, once for an account.
    for (const { resource: provider } of this.capacityProviders) provider.node.addDependency(cluster);
    // At the end the cluster lets go of a provider before its machines' group is deleted.
    for (const { group } of this.capacityProviders) associations.node.addDependency(group);
    this.hosts = new HostTemplates(this, 'Host', {
      ...settings.dedicated,
      architecture: settings.image.architecture,
      vpc,
      securityGroup,
      role: instanceRole,
    });
    this.#addOutputs(ecs.awsvpcTrunking ? this.#enableTrunking(settings) : undefined);
  }

  #enableTrunking({ installation, logs }: StageSettings): string {
    return new AwsvpcTrunking(this, 'Trunking', { installation, retentionDays: logs.retentionDays }).value;
  }

  #addOutputs(trunking: string | undefined): void {
    new CfnOutput(this, 'ClusterName', { value: this.clusterName });
    new CfnOutput(this, 'ImageRepository', {
      description: 'Where the image of workbenches is pushed to',
      value: this.images.repository.repositoryUri,
    });
    new CfnOutput(this, 'AwsvpcTrunking', {
      description: 'The account setting, as this deployment left it',
      value: trunking ?? 'not touched: the setting ecs.awsvpcTrunking is off',
    });
  }
}
