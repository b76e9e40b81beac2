import type { ReasonCode } from '../workbench/reasons.ts';

/**
 * Dedicated machines: one instance for one workbench, started and stopped with it. Only instances that this
 * installation launched are ever touched; calls that name another are answered as if it were terminated.
 */
export interface HostFleet {
  /**
   * Launches an instance, once for each token; the same token again answers the first call's instance.
   * @throws PortError `throttled` (nothing happened) or `unavailable` (it may have been launched)
   */
  launch(request: HostRequest, token: string): Promise<HostOutcome>;
  /** Starts a stopped instance; of a running one: nothing. `refused` when the instance as it is cannot start. */
  start(instanceId: string): Promise<HostOutcome>;
  /** Asks it to stop. A stopped, terminated or unknown one is no error. */
  stop(instanceId: string): Promise<void>;
  /** Asks it to terminate, and takes it off the cluster. A terminated or unknown one is no error. */
  terminate(instanceId: string): Promise<void>;
  /** In the order asked, at most 100; an unknown instance is answered as `terminated`. */
  describe(instanceIds: readonly string[]): Promise<readonly HostObservation[]>;
  /** Every instance of ours that is not terminated, in pages of at most 100. */
  list(cursor?: string): Promise<{ readonly hosts: readonly HostObservation[]; readonly cursor?: string }>;
}

export interface HostRequest {
  readonly userId: string;
  readonly workbenchId: string;
  readonly instanceType: string;
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
  /** The workbench it was launched for, and its user; absent when the instance is unknown. */
  readonly workbenchId?: string;
  readonly userId?: string;
  /** When it was launched, milliseconds since 1970. */
  readonly launchedAt?: number;
  readonly state: InstanceState;
  /** Its agent is connected: tasks can be placed on it. Never true unless running. */
  readonly agentConnected: boolean;
  /** What the machine offers to a task, once its agent has said so. */
  readonly cpuUnits?: number;
  readonly memoryMib?: number;
}
