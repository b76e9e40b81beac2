import type { ClusterUpkeep } from '#core/ports/cluster-cleanup.ts';
import { PortError } from '#core/ports/port-error.ts';

/** Task definitions in memory: workbench → how many revisions are active. */
export class MemoryUpkeep implements ClusterUpkeep {
  readonly definitions = new Map<string, number>();
  terminatedCount = 0;
  /** Deregistrations until the next one is throttled. */
  callsUntilThrottled = Number.POSITIVE_INFINITY;

  async listDefined(): Promise<{ workbenchIds: readonly string[] }> {
    return { workbenchIds: [...this.definitions].filter(([, count]) => count > 0).map(([id]) => id) };
  }

  async pruneDefinitions(workbenchId: string, keep: 'newest' | 'none', limit: number) {
    const kept = keep === 'newest' ? 1 : 0;
    const old = Math.max(0, (this.definitions.get(workbenchId) ?? 0) - kept);
    const removed = Math.min(old, limit);
    if (removed > this.callsUntilThrottled) throw new PortError('throttled', 'Rate exceeded');
    this.callsUntilThrottled -= removed;
    this.definitions.set(workbenchId, (this.definitions.get(workbenchId) ?? 0) - removed);
    return { removed, more: old > removed };
  }

  async deregisterTerminated(): Promise<number> {
    const removed = this.terminatedCount;
    this.terminatedCount = 0;
    return removed;
  }
}
