/**
 * How an instance joins the cluster: the user data of shared instances, which the launch templates contain, and of hosts,
 * which each launch sets. Both have the same settings of the ECS agent.
 */

export interface AgentOptions {
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Attributes of the container instance. The agent sends them at its first registration only. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether the image of workbenches never changes under its name. Otherwise the agent pulls it for each task. */
  readonly pinnedImage: boolean;
  /** Whether AWS can reclaim the instance. @default false */
  readonly spot?: boolean;
}

/** Processes of one task. Without a limit, one workbench can use up the process ids of the instance. */
export const PIDS_LIMIT = 4096;

/** Memory that the agent never gives to tasks: for the kernel, Docker, the agent and the processes that mount EFS. */
export const RESERVED_MEMORY = { percent: 3, minimumMib: 256 } as const;

/**
 * Limits of the kernel for each user id. All containers of an instance run with the same user id, and the default of 128
 * inotify instances is enough for about ten IDEs.
 */
const KERNEL_SETTINGS = { 'fs.inotify.max_user_instances': 8192, 'fs.inotify.max_user_watches': 1_048_576 };

/** Returns a script that the instance executes at its first boot, before the agent starts. */
export function instanceUserData(options: AgentOptions): string {
  const { percent, minimumMib } = RESERVED_MEMORY;
  return [
    '#!/bin/bash',
    "cat >> /etc/ecs/ecs.config <<'WORKBENCH'",
    ...agentConfig(options),
    'WORKBENCH',
    // A share of the memory that the kernel reports, which only the instance knows.
    `reserved=$(awk '/^MemTotal:/ { print int($2 / 1024 * ${percent} / 100) }' /proc/meminfo)`,
    `[ "$reserved" -ge ${minimumMib} ] || reserved=${minimumMib}`,
    'echo "ECS_RESERVED_MEMORY=$reserved" >> /etc/ecs/ecs.config',
    "cat > /etc/sysctl.d/90-workbench.conf <<'WORKBENCH'",
    ...Object.entries(KERNEL_SETTINGS).map(([name, value]) => `${name} = ${value}`),
    'WORKBENCH',
    'sysctl --system',
    '',
  ].join('\n');
}

/** Lines of /etc/ecs/ecs.config. */
function agentConfig({ cluster, attributes, pinnedImage, spot = false }: AgentOptions): readonly string[] {
  return [
    `ECS_CLUSTER=${cluster}`,
    `ECS_INSTANCE_ATTRIBUTES=${JSON.stringify(attributes)}`,
    // Containers cannot read the credentials of the instance.
    'ECS_AWSVPC_BLOCK_IMDS=true',
    'ECS_DISABLE_PRIVILEGED=true',
    // Registers an attribute. According to the ECS API, `no-new-privileges` requires this or the one for SELinux.
    'ECS_APPARMOR_CAPABLE=true',
    `ECS_TASK_PIDS_LIMIT=${PIDS_LIMIT}`,
    // A stopped container keeps its files on the disk that all workbenches share. The default is 3 h.
    'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=10m',
    // The agent mounts one volume after another, so a container may wait for others. The default is 3 min.
    'ECS_CONTAINER_START_TIMEOUT=10m',
    // Otherwise the agent pulls the image of the readiness container only when the workbench is healthy.
    'ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT=true',
    // `once` saves a request to the registry at each start. `prefer-cached` would also end the clean-up of images.
    `ECS_IMAGE_PULL_BEHAVIOR=${pinnedImage ? 'once' : 'default'}`,
    ...(spot ? ['ECS_ENABLE_SPOT_INSTANCE_DRAINING=true'] : []),
  ];
}

/** Whether an image name has a digest or a tag other than `latest`, which alone can be overwritten. */
export function isPinnedImage(image: string): boolean {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.includes(':') && !name.endsWith(':latest');
}
