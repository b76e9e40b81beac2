import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  ImageTagMutabilityExclusionFilter,
  type IRepository,
  Repository,
  TagMutability,
  TagStatus,
} from 'aws-cdk-lib/aws-ecr';
import { CfnClusterCapacityProviderAssociations, Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { CompositePrincipal, type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, CONTROL_TOWER } from './checks/acknowledge.ts';
import { AwsvpcTrunking } from './constructs/awsvpc-trunking.ts';
import { CapacityProviderGroup } from './constructs/capacity-provider.ts';
import { createLogGroup } from './constructs/log-group.ts';
import type { Network } from './constructs/network.ts';
import { workbenchLogsOf } from './deployment-names.ts';
import { allow } from './permissions/allow.ts';
import { agentPermissions, executionPermissions } from './permissions/ecs-roles.ts';
import { servicePrincipalOf } from './permissions/permission-context.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

/** The ECS cluster, its instances, and the repository of the workbench image. */
export class ClusterStack extends WorkbenchStack {
  readonly clusterName: string;
  readonly capacityProviders: readonly CapacityProviderGroup[];
  readonly images: ImageRepository;
  /** Role of the instances. */
  readonly instanceRole: IRole;
  /** Role that ECS assumes to start tasks. */
  readonly executionRole: IRole;
  readonly workbenchLogs: LogGroup;

  constructor(scope: Construct, settings: StageSettings, network: Network) {
    super(scope, 'cluster', settings, {
      description: 'Workbench controller: ECS cluster, instances, image repository',
      terminationProtection: settings.production,
    });
    const { installation, ecs, logs } = settings;
    const { vpc, instances: securityGroup } = network;
    // Fixed, because the permissions of instances and functions contain it.
    this.clusterName = installation;
    const cluster = new Cluster(this, 'Cluster', {
      vpc,
      clusterName: this.clusterName,
      containerInsightsV2: ecs.containerInsights ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
    });
    if (!ecs.containerInsights) {
      const reason =
        'Each workbench has its own task definition, and AWS bills several metrics for each. `ecs.containerInsights` turns it on.';
      acknowledge(
        cluster,
        { id: 'AwsSolutions-ECS4', reason },
        { id: `${CONTROL_TOWER}::ecs_container_insights_enabled_check`, reason },
      );
    }
    this.images = new ImageRepository(this, 'Images');
    this.workbenchLogs = createLogGroup(this, 'WorkbenchLogs', {
      name: workbenchLogsOf(installation),
      logRetention: logs.workbenchRetentionDays,
    });
    const executionRole = new Role(this, 'ExecutionRole', {
      description: 'ECS: pulls the workbench image and writes the logs of workbenches',
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
      // The function that turns on trunking for this role runs with it. Lambda stays here when `ecs.awsvpcTrunking` is `off`,
      // because the deployment that turns it off calls the function once more.
      assumedBy: new CompositePrincipal(
        new ServicePrincipal('ec2.amazonaws.com'),
        new ServicePrincipal('lambda.amazonaws.com'),
      ),
    });
    this.instanceRole = instanceRole;
    allow(this, 'Agent', instanceRole, agentPermissions(this, this.clusterName));

    const { tag } = settings.image;
    this.capacityProviders = settings.capacityProviders.map(
      (setting) =>
        new CapacityProviderGroup(this, `Provider-${setting.name}`, {
          setting,
          installation,
          cluster: this.clusterName,
          vpc,
          securityGroup,
          role: instanceRole,
          trunking: ecs.awsvpcTrunking !== 'off',
          // Each push can overwrite `latest`. A digest has no tag.
          pinnedImage: tag !== 'latest',
        }),
    );
    const associations = new CfnClusterCapacityProviderAssociations(this, 'Providers', {
      cluster: cluster.clusterName,
      capacityProviders: this.capacityProviders.map(({ resource: provider }) => provider.ref),
      // Every RunTask request names its provider.
      defaultCapacityProviderStrategy: [],
    });
    // The first cluster of an account creates the service-linked role with which ECS scales the groups.
    for (const { resource: provider } of this.capacityProviders) provider.node.addDependency(cluster);
    // On deletion the cluster must release a provider before the Auto Scaling group of the provider is deleted.
    for (const { group } of this.capacityProviders) associations.node.addDependency(group);
    if (ecs.awsvpcTrunking !== 'off') {
      const trunking = new AwsvpcTrunking(this, 'Trunking', {
        installation,
        retentionDays: logs.retentionDays,
        scope: ecs.awsvpcTrunking,
        instanceRole,
      });
      // Only instances that are launched after the setting have the higher limit.
      for (const { group } of this.capacityProviders) group.node.addDependency(trunking);
    }
    this.#addOutputs(ecs.awsvpcTrunking);
  }

  #addOutputs(trunking: StageSettings['ecs']['awsvpcTrunking']): void {
    new CfnOutput(this, 'ClusterName', { value: this.clusterName });
    new CfnOutput(this, 'ImageRepository', {
      description: 'Repository of the workbench image',
      value: this.images.repository.repositoryUri,
    });
    new CfnOutput(this, 'AwsvpcTrunking', {
      description: 'Account setting awsvpcTrunking after this deployment',
      value: TRUNKING_OUTPUTS[trunking],
    });
  }
}

const TRUNKING_OUTPUTS: Readonly<Record<StageSettings['ecs']['awsvpcTrunking'], string>> = {
  role: 'on for the role of the instances',
  account: 'on for the account and region',
  off: 'unchanged: the setting ecs.awsvpcTrunking is off',
};

/** Untagged images to keep. They are the previous versions of `latest`, for a rollback. */
const UNTAGGED_IMAGES_MAX = 20;

/** The repository of the workbench image. `latest` can be overwritten; every other tag is immutable. */
export class ImageRepository extends Construct {
  readonly repository: IRepository;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.repository = new Repository(this, 'Repository', {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE_WITH_EXCLUSION,
      imageTagMutabilityExclusionFilters: [ImageTagMutabilityExclusionFilter.wildcard('latest')],
      lifecycleRules: [
        {
          description: 'Untagged images',
          tagStatus: TagStatus.UNTAGGED,
          maxImageCount: UNTAGGED_IMAGES_MAX,
        },
      ],
      // Running workbenches may have to pull the image again.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      emptyOnDelete: false,
    });
  }
}
