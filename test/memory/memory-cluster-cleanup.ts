import type { ClusterCleanup, ClusterInstance } from '#core/ports/cluster-cleanup.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { DefinedWorkbench } from '#core/ports/task-runner.ts';

/** A ClusterCleanup in memory. */
export class MemoryClusterCleanup implements ClusterCleanup {
  /** Workbench id → the number of active task definitions. */
  readonly definitions = new Map<string, number>();
  /** Registered container instances whose instance is terminated. */
  terminatedCount = 0;
  readonly instances: ClusterInstance[] = [];
  /** The settings of the task definitions. */
  settings = 'settings 1';
  /** What was registered, in this order. */
  readonly registered: DefinedWorkbench[] = [];
  readonly #newest = new Map<string, string>();
  /** The number of registrations and deregistrations that succeed before one is throttled. */
  callsUntilThrottled = Number.POSITIVE_INFINITY;

  async listWorkbenchesWithDefinitions(): Promise<{ workbenchIds: readonly string[] }> {
    return { workbenchIds: [...this.definitions].filter(([, count]) => count > 0).map(([id]) => id) };
  }

  async pruneTaskDefinitions(workbenchId: string, keep: 'newest' | 'none', limit: number) {
    const retained = keep === 'newest' ? 1 : 0;
    const old = Math.max(0, (this.definitions.get(workbenchId) ?? 0) - retained);
    const deleted = Math.min(old, limit);
    if (deleted > this.callsUntilThrottled) throw new PortError('throttled', 'Rate exceeded');
    this.callsUntilThrottled -= deleted;
    this.definitions.set(workbenchId, (this.definitions.get(workbenchId) ?? 0) - deleted);
    return { deleted, more: old > deleted };
  }

  definitionSettings(): string {
    return this.settings;
  }

  async registerAhead(workbench: DefinedWorkbench): Promise<'registered' | 'current'> {
    const definition = JSON.stringify([this.settings, workbench]);
    if (this.#newest.get(workbench.workbenchId) === definition) return 'current';
    if (this.callsUntilThrottled < 1) throw new PortError('throttled', 'Rate exceeded');
    this.callsUntilThrottled -= 1;
    this.#newest.set(workbench.workbenchId, definition);
    this.registered.push(workbench);
    return 'registered';
  }

  async deregisterTerminatedInstances(): Promise<number> {
    const deleted = this.terminatedCount;
    this.terminatedCount = 0;
    return deleted;
  }

  async listInstances(): Promise<readonly ClusterInstance[]> {
    return this.instances;
  }
}
