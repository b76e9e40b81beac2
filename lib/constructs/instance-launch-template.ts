import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  type IMachineImage,
  type ISecurityGroup,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { AmiHardwareType, EcsOptimizedImage } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Architecture } from '../instance-types.ts';

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
export function createLaunchTemplate(scope: Construct, id: string, props: InstanceLaunchTemplateProps): LaunchTemplate {
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
