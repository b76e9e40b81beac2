import { Tags } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  GroupMetrics,
  type IAutoScalingGroup,
  OnDemandAllocationStrategy,
  SpotAllocationStrategy,
} from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnCapacityProvider } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import { acknowledge } from '../checks/acknowledge.ts';
import {
  architecturesOf,
  type CapacityProviderSetting,
  diskPriceOf,
  hasGpus,
  instanceTypeNameOf,
  type ProviderCapacity,
  providerCapacityOf,
  providerPriceOf,
} from '../settings/capacity.ts';
import { createLaunchTemplate } from './instance-launch-template.ts';

export interface CapacityProviderProps {
  readonly setting: CapacityProviderSetting;
  readonly installation: string;
  readonly cluster: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly role: IRole;
  /** New instances get a trunk interface. */
  readonly trunking: boolean;
  /** Whether the image of workbenches never changes under its name. */
  readonly pinnedImage: boolean;
}

/**
 * A capacity provider and its Auto Scaling group. ECS launches instances when tasks wait and terminates empty ones,
 * so
 * the group can be empty.
 */
export class CapacityProviderGroup extends Construct {
  readonly group: IAutoScalingGroup;
  /** Name of the capacity provider in ECS and in the settings of the functions. */
  readonly providerName: string;
  /** What the functions know about the provider. */
  readonly capacity: ProviderCapacity & { readonly price: number; readonly diskPrice: number };
  /** Must exist before the cluster association, which refers to it by name. */
  readonly resource: CfnCapacityProvider;

  constructor(scope: Construct, id: string, props: CapacityProviderProps) {
    super(scope, id);
    const { setting, installation, cluster, vpc, securityGroup, role, pinnedImage } = props;
    const { name, instanceTypes, maxInstances, spot, targetCapacity, diskGib, diskThroughput } = setting;
    const [architecture = 'x86_64'] = architecturesOf(instanceTypes);
    this.providerName = `${installation}-${name}`;
    this.capacity = {
      ...providerCapacityOf(this.providerName, instanceTypes, props.trunking),
      price: providerPriceOf(setting) ?? 0,
      diskPrice: diskPriceOf(setting),
    };

    const launchTemplate = createLaunchTemplate(this, 'Template', {
      role,
      securityGroup,
      diskGib,
      diskThroughput,
      architecture,
      gpus: hasGpus(instanceTypes),
      // Events of container instances may lack the provider. Without the attribute, free capacity has no known provider.
      agent: { cluster, attributes: { [PROVIDER_ATTRIBUTE]: this.providerName }, pinnedImage, spot },
    });
    const group = new AutoScalingGroup(this, 'Group', {
      vpc,
      mixedInstancesPolicy: {
        launchTemplate,
        launchTemplateOverrides: instanceTypes.map((type) => ({
          instanceType: new InstanceType(instanceTypeNameOf(type)),
        })),
        instancesDistribution: {
          onDemandBaseCapacity: 0,
          onDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
          onDemandAllocationStrategy: OnDemandAllocationStrategy.PRIORITIZED,
          ...(spot ? { spotAllocationStrategy: SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED } : {}),
        },
      },
      minCapacity: 0,
      maxCapacity: maxInstances,
      // Scale-in must not terminate an instance with workbenches. ECS removes the protection when the instance is
      // empty.
      newInstancesProtectedFromScaleIn: true,
      groupMetrics: [GroupMetrics.all()],
    });
    this.group = group;
    Tags.of(group).add('Name', this.providerName);
    // ECS adds this tag. Without it in the template, the next deployment would remove it.
    Tags.of(group).add('AmazonECSManaged', 'true');
    acknowledge(
      group,
      {
        id: 'AwsSolutions-AS3',
        reason:
          'Instances are launched and terminated with the workbenches. The dashboard shows them; a notification for each has no use.',
      },
      {
        id: 'AwsSolutions-EC26',
        reason:
          'The rule expects a launch configuration and fails on a group with several types. The launch template encrypts the disks; test/lib checks it.',
      },
    );
    this.resource = new CfnCapacityProvider(this, 'Provider', {
      name: this.providerName,
      autoScalingGroupProvider: {
        autoScalingGroupArn: group.autoScalingGroupName,
        managedScaling: {
          status: 'ENABLED',
          targetCapacity,
          minimumScalingStepSize: 1,
          maximumScalingStepSize: Math.min(maxInstances, 10),
        },
        managedTerminationProtection: 'ENABLED',
        managedDraining: 'ENABLED',
      },
    });
  }
}
