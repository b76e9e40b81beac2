import {
  BlockDeviceVolume,
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
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Architecture } from '../instance-types.ts';
import {
  hasGpus,
  type InstanceTypeSetting,
  instanceTypeNameOf,
  minimumCapacityOf,
  type NamedCapacity,
} from '../settings/capacity.ts';

export interface AgentConfig {
  readonly cluster: string;
  /** The capacity provider's name, as placement knows it. */
  readonly provider: string;
  readonly spot: boolean;
}

export interface InstanceLaunchTemplateProps {
  readonly role: IRole;
  readonly securityGroup: ISecurityGroup;
  readonly diskGib: number;
  readonly architecture: Architecture;
  readonly gpus: boolean;
  /** How a machine joins the cluster; without it whoever launches it says so. */
  readonly agentConfig?: AgentConfig;
}

/** How a machine that runs workbenches is launched. */
export function createLaunchTemplate(
  scope: Construct,
  id: string,
  props: InstanceLaunchTemplateProps,
): LaunchTemplate {
  const { role, securityGroup, diskGib, agentConfig } = props;
  return new LaunchTemplate(scope, id, {
    role,
    securityGroup,
    machineImage: ecsImage(props),
    blockDevices: [
      {
        // The root of Amazon Linux.
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(diskGib, {
          encrypted: true,
          volumeType: EbsDeviceVolumeType.GP3,
          deleteOnTermination: true,
        }),
      },
    ],
    // One hop: the machine's own credentials end at its network interface, containers do not get at them.
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
    ...(agentConfig === undefined ? {} : { userData: joinClusterUserData(agentConfig, props.gpus) }),
  });
}

/** The image that AWS publishes for machines of ECS, as of the deployment. */
export function ecsImage({
  architecture,
  gpus,
}: Pick<InstanceLaunchTemplateProps, 'architecture' | 'gpus'>): IMachineImage {
  if (gpus) return EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU);
  return EcsOptimizedImage.amazonLinux2023(
    architecture === 'arm64' ? AmiHardwareType.ARM : AmiHardwareType.STANDARD,
  );
}

function joinClusterUserData({ cluster, provider, spot }: AgentConfig, gpus: boolean): UserData {
  const userData = UserData.forLinux();
  const config = [
    `ECS_CLUSTER=${cluster}`,
    // Its events need not name the provider: without this nobody would know whose room it is.
    `ECS_INSTANCE_ATTRIBUTES=${JSON.stringify({ [PROVIDER_ATTRIBUTE]: provider })}`,
    'ECS_AWSVPC_BLOCK_IMDS=true',
    'ECS_DISABLE_PRIVILEGED=true',
    ...(spot ? ['ECS_ENABLE_SPOT_INSTANCE_DRAINING=true'] : []),
    ...(gpus ? ['ECS_ENABLE_GPU_SUPPORT=true'] : []),
  ];
  userData.addCommands("cat >> /etc/ecs/ecs.config <<'WORKBENCH'", ...config, 'WORKBENCH');
  return userData;
}

export interface HostTemplatesProps {
  readonly instanceTypes: readonly InstanceTypeSetting[];
  readonly diskGib: number;
  readonly architecture: Architecture;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly role: IRole;
}

/** How a machine for one workbench alone is launched: by the functions, each with a configuration of its own. */
export class HostTemplates extends Construct {
  readonly template: LaunchTemplate;
  /** For types with GPUs, when there are any. */
  readonly gpuTemplate: LaunchTemplate | undefined;
  readonly gpuInstanceTypes: readonly string[];
  /** With these a machine may be started again; one with an older image is replaced. */
  readonly imageIds: readonly string[];
  readonly capacities: readonly NamedCapacity[];

  constructor(scope: Construct, id: string, props: HostTemplatesProps) {
    super(scope, id);
    const { instanceTypes, architecture } = props;
    this.capacities = instanceTypes.map((type) => minimumCapacityOf(instanceTypeNameOf(type), [type]));
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
