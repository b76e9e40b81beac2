import type { ReasonCode } from '../workbench/reasons.ts';

/**
 * Hosts: one dedicated instance for one workbench, started and stopped with it. Methods change only instances that this
 * installation launched; any other instance is treated as terminated.
 */
export interface HostFleet {
  /**
   * Launches an instance, once for each client token. The same token again returns the instance of the first call, also
   * after it has ended; once the instance is forgotten, the result is `refused` with the code `instance_lost`.
   * @throws PortError `throttled` (nothing happened) or `unavailable` (it may have been launched)
   */
  launch(request: HostRequest, token: string): Promise<HostOutcome>;
  /** Starts a stopped instance; does nothing if it runs. `refused` if the instance cannot start in its current state. */
  start(instanceId: string): Promise<HostOutcome>;
  /** Requests a stop. No error if the instance is stopped, terminated or unknown. */
  stop(instanceId: string): Promise<void>;
  /** Requests termination and deregisters the container instance. No error if it is terminated or unknown. */
  terminate(instanceId: string): Promise<void>;
  /** At most 100 instances. Returns them in the order of the ids; an unknown instance is returned as `terminated`. */
  describe(instanceIds: readonly string[]): Promise<readonly HostObservation[]>;
  /** Every instance of this installation that is not terminated, in pages of at most 100. */
  list(cursor?: string): Promise<{ readonly hosts: readonly HostObservation[]; readonly cursor?: string }>;
}

export interface HostRequest {
  readonly userId: string;
  readonly workbenchId: string;
  readonly instanceType: string;
  /** Number of the launch. Two successive generations are launched in different subnets, if there are several. */
  readonly generation: number;
}

export type HostOutcome =
  | { readonly kind: 'accepted'; readonly host: HostObservation }
  | {
      readonly kind: 'refused';
      readonly code: ReasonCode;
      readonly message: string;
      readonly retryable: boolean;
    };

export const INSTANCE_STATES = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

export interface HostObservation {
  readonly instanceId: string;
  /** The workbench for which it was launched, and its owner; absent if the instance is unknown. */
  readonly workbenchId?: string;
  readonly userId?: string;
  /** When it was launched, milliseconds since 1970. */
  readonly launchedAt?: number;
  readonly state: InstanceState;
  /** The agent is connected, so ECS can place the workbench's task on it. True only in state `running`. */
  readonly agentConnected: boolean;
  /** Why the instance stopped or was terminated, in the words of the platform; at most 200 bytes. */
  readonly stateReason?: string;
  /** The capacity for tasks, once the agent has registered it. */
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
}
