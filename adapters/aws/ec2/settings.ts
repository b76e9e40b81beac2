/** What the dedicated machines of an installation have in common. */
export interface HostSettings {
  /** Name of the ECS cluster that they join. */
  readonly cluster: string;
  /** Tells the machines of this installation from all others: 1-128 letters, digits, hyphens. */
  readonly installation: string;
  /** Holds the AMI, the instance profile, the security group and the disks; no network interface. */
  readonly launchTemplate: LaunchTemplate;
  /** The same with the AMI for GPUs; for the instance types below. @default the one above */
  readonly gpuLaunchTemplate?: LaunchTemplate;
  readonly gpuInstanceTypes?: ReadonlySet<string>;
  /** Private subnets, best in several zones: each launch goes to one of them by its token. */
  readonly subnets: readonly [string, ...string[]];
  /** The AMIs with which a stopped machine may still be started; others are replaced. @default any */
  readonly acceptedImages?: ReadonlySet<string>;
  /** Lines of /etc/ecs/ecs.config beside our own. @default none */
  readonly agentConfig?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

export interface LaunchTemplate {
  readonly id: string;
  /** A number, `$Latest` or `$Default`. */
  readonly version: string;
}

export { INSTALLATION_TAG, LAUNCH_TAG, USER_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
