/**
 * What gathers around tasks and must be cleared away now and then: task definitions of old images and of
 * workbenches that are no more, and registrations of machines that are terminated. Never on the way of a start.
 */
export interface ClusterCleanup {
  /** The workbenches that have task definitions, in pages of at most 100. May lag. */
  listWorkbenchesWithDefinitions(
    cursor?: string,
  ): Promise<{ readonly workbenchIds: readonly string[]; readonly cursor?: string }>;
  /**
   * Deregisters task definitions, at most `limit` of them; tasks that run go on.
   * @param keep `newest` of a workbench that may start again, `none` of one that is no more
   * @throws PortError `throttled` when it is one too many just now: what is done is done
   */
  pruneTaskDefinitions(
    workbenchId: string,
    keep: 'newest' | 'none',
    limit: number,
  ): Promise<{ readonly deleted: number; readonly more: boolean }>;
  /** Takes machines off the cluster that are terminated and still registered; answers how many. */
  deregisterTerminatedInstances(): Promise<number>;
}
