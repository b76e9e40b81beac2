import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { Container } from '../ground-truth.ts';
import type { SimulatedInstance, Size } from '../simulated-instances.ts';

export interface Definition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly input: RegisterTaskDefinitionCommandInput;
  active: boolean;
}

/** A machine as ECS knows it. */
export interface ContainerInstance {
  readonly arn: string;
  readonly ec2Instance: SimulatedInstance;
  readonly registeredAt: number;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  agentConnected: boolean;
  version: number;
  /** What is left of the machine's size. */
  free: { cpuUnits: number; memoryMib: number; gpuCount: number };
  /** Those that have not stopped. */
  readonly tasks: Set<Task>;
  /** Since when it has had no task; undefined while it has. */
  idleSince?: number | undefined;
}

/** How a task ended, in ECS's words. */
export interface StopDetails {
  readonly stopCode?: string;
  readonly stoppedReason: string;
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
  /** From when on it can be described, and is listed. */
  readonly describableAt: number;
  readonly listableAt: number;

  // What ECS knows.
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
  /** From when on lists know the desired status. */
  desiredStatusListedAt: number;
  instance?: ContainerInstance;
  address?: string;
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  /** ECS forgets it then. */
  retainedUntil: number;
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
  containerReason?: string;

  // What its machine's agent knows, and has not told while it is disconnected.
  containerState: 'waiting' | 'starting' | 'up' | 'ending' | 'ended';
  stopDelivered?: boolean;
  unreported?: { readonly status?: Task['lastStatus']; readonly ending?: StopDetails };
  /** It ended with the power of its machine: no agent will ever tell. */
  lostPower?: boolean;
  container?: Container;
}
