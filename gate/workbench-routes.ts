import { type EndpointTarget, parseEndpoint } from '#adapters/local/tasks/endpoint.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/age.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

/** Where requests for a workbench are forwarded. */
export type WorkbenchRoute =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'running'; readonly runId: string; readonly target: EndpointTarget }
  | { readonly kind: 'waiting'; readonly workbench: Workbench };

export interface WorkbenchRoutesOptions {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly timers: Timers;
  /** How long the route to a running workbench is cached, milliseconds. A page may load hundreds of files. @default 1,000 */
  readonly cacheTtlMs?: number;
  /** Cached routes. The oldest is evicted. @default 500 */
  readonly capacity?: number;
}

interface CacheEntry {
  readonly stored: Moment;
  readonly route: Promise<WorkbenchRoute>;
}

/** Finds the routes of workbenches from their records. */
export class WorkbenchRoutes {
  readonly #options: Required<WorkbenchRoutesOptions>;
  readonly #cache = new Map<string, CacheEntry>();

  constructor(options: WorkbenchRoutesOptions) {
    this.#options = { cacheTtlMs: 1000, capacity: 500, ...options };
  }

  /** @throws PortError when the records cannot be read */
  find(workbenchId: string): Promise<WorkbenchRoute> {
    const { timers, cacheTtlMs } = this.#options;
    const cached = this.#cache.get(workbenchId);
    if (cached !== undefined && ageOf(cached.stored, timers) < cacheTtlMs) return cached.route;
    const route = this.#read(workbenchId);
    this.#store(workbenchId, { stored: momentOf(timers), route });
    return route;
  }

  /** Removes a cached route, so that the next request reads the record. */
  invalidate(workbenchId: string): void {
    this.#cache.delete(workbenchId);
  }

  #store(workbenchId: string, entry: CacheEntry): void {
    this.#cache.delete(workbenchId);
    this.#cache.set(workbenchId, entry);
    const evict = () => {
      if (this.#cache.get(workbenchId) === entry) this.#cache.delete(workbenchId);
    };
    // Only running workbenches are cached. A client that learns from the API that a workbench runs opens it at once.
    entry.route.then((route) => route.kind !== 'running' && evict(), evict);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= this.#options.capacity) return;
      this.#cache.delete(oldest);
    }
  }

  async #read(workbenchId: string): Promise<WorkbenchRoute> {
    const key = await this.#options.workbenches.findByWorkbenchId(workbenchId);
    const workbench = key === undefined ? undefined : await this.#options.workbenches.read(key);
    if (workbench === undefined) return { kind: 'unknown' };
    if (workbench.status !== 'running' || workbench.run.endpoint === undefined) {
      return { kind: 'waiting', workbench };
    }
    return { kind: 'running', runId: workbench.run.runId, target: parseEndpoint(workbench.run.endpoint) };
  }
}
