import type { Capacity } from './capacity-catalog.ts';
import type { TaskObservation } from './task-runner.ts';

/** The maximum number of machines in a list. ECS returns them in pages of 100, so that a list takes at most 20 calls. */
export const MACHINES_LISTED_MAX = 1000;

/** `failed`: ECS could not complete its registration, so that it runs no tasks. */
export const INSTANCE_REGISTRATION_STATES = ['starting', 'active', 'draining', 'stopping', 'failed'] as const;
export type InstanceRegistrationState = (typeof INSTANCE_REGISTRATION_STATES)[number];

/** CPU, memory, GPUs and network interfaces; without `interfaces` the number of tasks has no limit of its own. */
export interface MachineCapacity extends Capacity {
  readonly interfaces?: number;
}

/** An instance of the cluster as ECS knows it, or the computer of local mode. */
export interface MachineObservation {
  /** The id of the EC2 instance; in local mode `local`. */
  readonly machineId: string;
  /** The id of its container instance; absent in local mode, whose tasks name none. */
  readonly containerInstance?: string;
  /** It is the host of one workbench. */
  readonly dedicated: boolean;
  /** The capacity provider; absent for a host, and for an instance that no capacity provider launched. */
  readonly provider?: string;
  readonly instanceType?: string;
  readonly state: InstanceRegistrationState;
  readonly agentConnected: boolean;
  /** For example `1.106.1`. Absent in local mode, which has no agent. */
  readonly agentVersion?: string;
  /** Milliseconds since 1970: the registration; in local mode the start of the server. */
  readonly registeredAt?: number;
  /** It has a trunk interface. */
  readonly trunked: boolean;
  /** Tasks that run or are being prepared on it. */
  readonly tasks: number;
  /** What it offers to tasks. Absent until its agent has registered it. */
  readonly capacity?: MachineCapacity;
  /** What no task uses. */
  readonly free?: MachineCapacity;
}

export interface MachineList {
  /** In no order. */
  readonly machines: readonly MachineObservation[];
  /** False if there are more than MACHINES_LISTED_MAX. */
  readonly complete: boolean;
}

/** The instances that run workbenches, shared instances and hosts. Only operators ask for them. */
export interface MachineInventory {
  /**
   * All registered machines, at most MACHINES_LISTED_MAX. Eventually consistent. Instances of others in the same cluster
   * are listed too, because they use its capacity.
   * @throws PortError
   */
  list(): Promise<MachineList>;
  /** The machine with this id; undefined if none is registered. @throws PortError */
  find(machineId: string): Promise<MachineObservation | undefined>;
  /**
   * Sets whether a shared machine takes new tasks. The tasks on it run on. Idempotent. Once it has returned for `true`, no
   * task is placed on the machine.
   * @throws PortError
   */
  setDraining(machine: MachineObservation, draining: boolean): Promise<void>;
  /** The tasks on a shared machine that are not to stop. May miss one that was placed in the last seconds. @throws PortError */
  listTasks(machine: MachineObservation): Promise<readonly MachineTask[]>;
}

/** The task of a workbench on a machine. */
export type MachineTask = Pick<TaskObservation, 'userId' | 'workbenchId' | 'taskId'>;
