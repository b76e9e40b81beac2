import { Tags } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  GroupMetrics,
  type IAutoScalingGroup,
  OnDemandAllocationStrategy,
  SpotAllocationStrategy,
} from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnCapacityProvider } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import {
  architecturesOf,
  type CapacityProviderSetting,
  hasGpus,
  instanceTypeNameOf,
  minimumCapacityOf,
  type NamedCapacity,
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
}

/**
 * A size class: machines of one kind, none while nothing needs them, and the capacity provider by which ECS starts
 * and ends them.
 */
export class CapacityProvider extends Construct {
  readonly group: IAutoScalingGroup;
  /** Of the capacity provider, as ECS and the functions know it. */
  readonly providerName: string;
  /** What is told of it to the functions. */
  readonly capacity: NamedCapacity & { readonly price: number };
  /** What it must be made before: the cluster takes it in by name. */
  readonly resource: CfnCapacityProvider;

  constructor(scope: Construct, id: string, props: CapacityProviderProps) {
    super(scope, id);
    const { setting, installation, cluster, vpc, securityGroup, role } = props;
    const { name, instanceTypes, maxInstances, spot, targetCapacity, diskGib } = setting;
    const [architecture = 'x86_64'] = architecturesOf(instanceTypes);
    this.providerName = `${installation}-${name}`;
    this.capacity = {
      ...minimumCapacityOf(this.providerName, instanceTypes),
      price: providerPriceOf(setting) ?? 0,
    };

    const launchTemplate = createLaunchTemplate(this, 'Template', {
      role,
      securityGroup,
      diskGib,
      architecture,
      gpus: hasGpus(instanceTypes),
      agentConfig: { cluster, provider: this.providerName, spot },
    });
    const group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
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
      // A machine with workbenches on it is never taken away to save money: ECS lifts this once it is empty.
      newInstancesProtectedFromScaleIn: true,
      groupMetrics: [GroupMetrics.all()],
    });
    this.group = group;
    Tags.of(group).add('Name', this.providerName);
    // ECS puts it on, and a stack that does not know of it would take it off again.
    Tags.of(group).add('AmazonECSManaged', 'true');
    acknowledge(
      group,
      {
        id: 'AwsSolutions-AS3',
        reason:
          'Machines come and go with every workbench: the dashboard shows them, a mail for each helps nobody.',
      },
      {
        id: 'AwsSolutions-EC26',
        reason:
          'The rule looks for a launch configuration and breaks on a group with several types. The disks of its template are encrypted, which test/lib shows.',
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
