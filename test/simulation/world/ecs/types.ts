import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { Container } from '../ground-truth.ts';
import type { SimulatedInstance, Size } from '../simulated-instances.ts';
import type { Docker } from './docker.ts';

export interface Definition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly input: RegisterTaskDefinitionCommandInput;
  active: boolean;
  /** DescribeTaskDefinition and RunTask find it from this time on. */
  readonly visibleAt: number;
}

export interface FreeResources {
  cpuUnits: number;
  memoryMib: number;
  gpuCount: number;
  /** Network interfaces. Each task uses one. Infinity if the size does not limit them. */
  interfaces: number;
}

/** The registration of an EC2 instance with the cluster. */
export interface ContainerInstance {
  readonly arn: string;
  readonly ec2Instance: SimulatedInstance;
  readonly registeredAt: number;
  readonly docker: Docker;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  agentConnected: boolean;
  /** Since when AWS drains it. Absent once a call has set it to ACTIVE. */
  drainingSince?: number;
  version: number;
  /** What the tasks on it leave of the instance's size. */
  free: FreeResources;
  /** Tasks placed on it that have not stopped. */
  readonly tasks: Set<Task>;
  /** Tasks that ECS reports as stopped although the agent still runs their containers. */
  readonly concludedTasks: Set<Task>;
  /** When its last task stopped, or when it registered; undefined while it has a task. */
  idleSince?: number | undefined;
}

/** The stop details of a task, as ECS reports them. */
export interface StopDetails {
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly exitCode?: number;
  readonly containerReason?: string;
}

export interface Task {
  readonly arn: string;
  readonly definition: Definition;
  readonly request: RunTaskCommandInput;
  readonly size: Size;
  readonly workbenchId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly provider: string | undefined;
  readonly createdAt: number;
  /** DescribeTasks returns the task from this time on. */
  readonly describableAt: number;
  /** ListTasks returns the task from this time on. */
  readonly listableAt: number;

  // What ECS reports.
  version: number;
  lastStatus:
    | 'PROVISIONING'
    | 'PENDING'
    | 'ACTIVATING'
    | 'RUNNING'
    | 'DEACTIVATING'
    | 'STOPPING'
    | 'DEPROVISIONING'
    | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** ListTasks applies the desired status from this time on. */
  desiredStatusListedAt: number;
  containerInstance?: ContainerInstance;
  placedAt?: number;
  address?: string;
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  /** ECS no longer returns the task from this time on. */
  retainedUntil: number;
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
  containerReason?: string;

  // The actual state, known to the agent. While it is disconnected, ECS does not learn of it.
  containerState: 'waiting' | 'starting' | 'up' | 'ending' | 'ended';
  /** The agent has received the stop request. */
  stopDelivered?: boolean;
  /** What the agent reports when it reconnects. */
  unreported?: { readonly status?: Task['lastStatus']; readonly ending?: StopDetails };
  /** The container ended because its instance lost power. No agent reports this. */
  lostPower?: boolean;
  container?: Container;
  /** Why the readiness container could not be started. */
  companionReason?: string;
  /** The agent has given up on the stop, and the container runs on. */
  stopGivenUp?: boolean;
}
