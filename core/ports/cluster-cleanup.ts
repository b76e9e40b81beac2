import type { DefinedWorkbench } from './task-runner.ts';

/** A container instance of the cluster, as ECS knows it. */
export interface ClusterInstance {
  /** The id of its EC2 instance. */
  readonly instanceId: string;
  /** The capacity provider of a shared instance. Undefined for a host. */
  readonly provider: string | undefined;
  /** ECS could not complete its registration, for example because it got no trunk network interface. */
  readonly registrationFailed: boolean;
  /** The version of its ECS agent, for example `1.106.1`. */
  readonly agentVersion: string | undefined;
  /** Tasks that run or are being prepared. */
  readonly taskCount: number;
  /** Milliseconds since 1970. */
  readonly registeredAt: number | undefined;
}

/**
 * Removes what ECS keeps after it is no longer needed: task definitions of old images and of deleted workbenches, and
 * container instances whose EC2 instance is terminated. Replaces task definitions of old settings before a start needs
 * them. Only the sweep calls it, never a start.
 */
export interface ClusterCleanup {
  /** The workbenches that have task definitions, in pages of at most 100. Eventually consistent. */
  listWorkbenchesWithDefinitions(
    cursor?: string,
  ): Promise<{ readonly workbenchIds: readonly string[]; readonly cursor?: string }>;
  /**
   * Deregisters at most `limit` task definitions of a workbench. Running tasks are not affected.
   * @param keep `newest` for a workbench that may start again, `none` for a deleted workbench
   * @throws PortError `throttled`; task definitions before the throttled call stay deregistered
   */
  pruneTaskDefinitions(
    workbenchId: string,
    keep: 'newest' | 'none',
    limit: number,
  ): Promise<{ readonly deleted: number; readonly more: boolean }>;
  /** A digest of the settings on which the task definitions of all workbenches depend. */
  definitionSettings(): string;
  /**
   * Registers the task definition with which the workbench would start now, unless its newest one is the same. A start may
   * do the same at the same time: both definitions are valid, and `pruneTaskDefinitions` removes the older one.
   * @throws PortError `throttled`; nothing happened
   */
  registerAhead(workbench: DefinedWorkbench): Promise<'registered' | 'current'>;
  /** Deregisters container instances whose EC2 instance is terminated; returns their number. */
  deregisterTerminatedInstances(): Promise<number>;
  /** All container instances of the cluster, for the report. Eventually consistent. */
  listInstances(): Promise<readonly ClusterInstance[]>;
}
