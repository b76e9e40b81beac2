import type { ISecurityGroup, IVpc, LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Architecture } from '../instance-types.ts';
import { hasGpus, type InstanceTypeSetting, instanceTypeNameOf, type NamedCapacity, minimumCapacityOf } from '../settings/capacity.ts';
import { ecsImage, createLaunchTemplate } from './instance-launch-template.ts';

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
