import type { ISecurityGroup, IVpc, LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Architecture } from '../instance-types.ts';
import { hasGpus, type InstanceTypeSetting, nameOf, type Offer, offerOf } from '../settings/capacity.ts';
import { ecsImage, machineTemplate } from './machine-template.ts';

export interface DedicatedMachinesProps {
  readonly instanceTypes: readonly InstanceTypeSetting[];
  readonly diskGib: number;
  readonly architecture: Architecture;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly role: IRole;
}

/** How a machine for one workbench alone is launched: by the functions, each with a configuration of its own. */
export class DedicatedMachines extends Construct {
  readonly template: LaunchTemplate;
  /** For types with GPUs, when there are any. */
  readonly gpuTemplate: LaunchTemplate | undefined;
  readonly gpuInstanceTypes: readonly string[];
  /** With these a machine may be started again; one with an older image is replaced. */
  readonly imageIds: readonly string[];
  readonly offers: readonly Offer[];

  constructor(scope: Construct, id: string, props: DedicatedMachinesProps) {
    super(scope, id);
    const { instanceTypes, architecture } = props;
    this.offers = instanceTypes.map((type) => offerOf(nameOf(type), [type]));
    this.gpuInstanceTypes = instanceTypes.filter((type) => hasGpus([type])).map(nameOf);
    this.template = machineTemplate(this, 'Template', { ...props, gpus: false });
    const images = [ecsImage({ architecture, gpus: false })];
    if (this.gpuInstanceTypes.length > 0) {
      this.gpuTemplate = machineTemplate(this, 'GpuTemplate', { ...props, gpus: true });
      images.push(ecsImage({ architecture, gpus: true }));
    }
    this.imageIds = images.map((image) => image.getImage(this).imageId);
  }
}
