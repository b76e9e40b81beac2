import {
  BlockDeviceVolume,
  type CfnLaunchTemplate,
  EbsDeviceVolumeType,
  type IMachineImage,
  type ISecurityGroup,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { AmiHardwareType, EcsOptimizedImage } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type AgentOptions, instanceUserData } from '#contract/instance-user-data.ts';
import type { Architecture } from '../instance-types.ts';
import {
  hasGpus,
  type InstanceTypeSetting,
  instancePriceOf,
  instanceTypeNameOf,
  minimumCapacityOf,
  type NamedCapacity,
} from '../settings/capacity.ts';

export interface InstanceLaunchTemplateProps {
  readonly role: IRole;
  readonly securityGroup: ISecurityGroup;
  readonly diskGib: number;
  /** MiB/s. */
  readonly diskThroughput: number;
  readonly architecture: Architecture;
  readonly gpus: boolean;
  /** How an instance joins the cluster. Without it, the caller of RunInstances passes the user data. */
  readonly agent?: AgentOptions;
}

/** Creates the launch template of instances that run workbenches. */
export function createLaunchTemplate(
  scope: Construct,
  id: string,
  props: InstanceLaunchTemplateProps,
): LaunchTemplate {
  const { role, securityGroup, diskGib, diskThroughput, agent } = props;
  const template = new LaunchTemplate(scope, id, {
    role,
    securityGroup,
    machineImage: ecsImage(props),
    blockDevices: [
      {
        // The root device of Amazon Linux.
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(diskGib, {
          encrypted: true,
          volumeType: EbsDeviceVolumeType.GP3,
          throughput: diskThroughput,
          deleteOnTermination: true,
        }),
      },
    ],
    // With a hop limit of 1, containers cannot read the credentials of the instance.
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
    ...(agent === undefined ? {} : { userData: UserData.custom(instanceUserData(agent)) }),
  });
  // With an A record for its own name, an instance does not get a trunk network interface. LaunchTemplate has no property.
  (template.node.defaultChild as CfnLaunchTemplate).addPropertyOverride(
    'LaunchTemplateData.PrivateDnsNameOptions',
    { EnableResourceNameDnsARecord: false },
  );
  return template;
}

/** The ECS-optimized AMI that is current at the time of the deployment. */
export function ecsImage({
  architecture,
  gpus,
}: Pick<InstanceLaunchTemplateProps, 'architecture' | 'gpus'>): IMachineImage {
  if (gpus) return EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU);
  return EcsOptimizedImage.amazonLinux2023(
    architecture === 'arm64' ? AmiHardwareType.ARM : AmiHardwareType.STANDARD,
  );
}

export interface HostTemplatesProps {
  readonly instanceTypes: readonly InstanceTypeSetting[];
  readonly diskGib: number;
  /** MiB/s. */
  readonly diskThroughput: number;
  readonly architecture: Architecture;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly role: IRole;
}

/** The launch templates of hosts. The functions launch each host with its own user data. */
export class HostTemplates extends Construct {
  readonly template: LaunchTemplate;
  /** For types with GPUs. Undefined if there are none. */
  readonly gpuTemplate: LaunchTemplate | undefined;
  readonly gpuInstanceTypes: readonly string[];
  /** A stopped host with one of these AMIs can be started again. A host with an older AMI is replaced. */
  readonly imageIds: readonly string[];
  readonly capacities: readonly NamedCapacity[];
  /** Instance type → USD per hour, as far as it is known. */
  readonly prices: Readonly<Record<string, number>>;

  constructor(scope: Construct, id: string, props: HostTemplatesProps) {
    super(scope, id);
    const { instanceTypes, architecture } = props;
    this.capacities = instanceTypes.map((type) => minimumCapacityOf(instanceTypeNameOf(type), [type]));
    this.prices = Object.fromEntries(
      instanceTypes.flatMap((type) => {
        const price = instancePriceOf(type);
        return price === undefined ? [] : [[instanceTypeNameOf(type), price]];
      }),
    );
    this.gpuInstanceTypes = instanceTypes.filter((type) => hasGpus([type])).map(instanceTypeNameOf);
    this.template = createLaunchTemplate(this, 'Template', { ...props, gpus: false });
    const images = [ecsImage({ architecture, gpus: false })];
    if (this.gpuInstanceTypes.length > 0) {
      this.gpuTemplate = createLaunchTemplate(this, 'GpuTemplate', { ...props, gpus: true });
      images.push(ecsImage({ architecture, gpus: true }));
    }
    this.imageIds = images.map((image) => image.getImage(this).imageId);
  }
}
