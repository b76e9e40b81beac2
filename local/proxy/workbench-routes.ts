import type { Timers } from '#adapters/local/timers.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

/** Where a request for a workbench goes. */
export type WorkbenchRoute =
  | { readonly kind: 'unknown' }
  /** It answers below `target`, `http://address:port/` or with a path that ends in a slash. */
  | { readonly kind: 'running'; readonly target: string }
  | { readonly kind: 'waiting'; readonly workbench: Workbench };

export interface WorkbenchRoutesOptions {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly timers: Timers;
  /** How long the way to a running one is used again, in milliseconds: a page load asks for hundreds of files. @default 1,000 */
  readonly cacheTtlMs?: number;
  /** The most answers kept; the oldest goes. @default 500 */
  readonly capacity?: number;
}

interface CacheEntry {
  readonly until: number;
  readonly route: Promise<WorkbenchRoute>;
}

/** Finds where workbenches answer, by what their records say. */
export class WorkbenchRoutes {
  readonly #options: Required<WorkbenchRoutesOptions>;
  readonly #kept = new Map<string, CacheEntry>();

  constructor(options: WorkbenchRoutesOptions) {
    this.#options = { cacheTtlMs: 1000, capacity: 500, ...options };
  }

  /** @throws PortError when the records cannot be read */
  find(workbenchId: string): Promise<WorkbenchRoute> {
    const now = this.#options.timers.now();
    const kept = this.#kept.get(workbenchId);
    if (kept !== undefined && kept.until > now) return kept.route;
    const route = this.#read(workbenchId);
    this.#keep(workbenchId, { until: now + this.#options.cacheTtlMs, route });
    return route;
  }

  /** The next request reads the record again. */
  invalidate(workbenchId: string): void {
    this.#kept.delete(workbenchId);
  }

  #keep(workbenchId: string, kept: CacheEntry): void {
    this.#kept.delete(workbenchId);
    this.#kept.set(workbenchId, kept);
    const forget = () => {
      if (this.#kept.get(workbenchId) === kept) this.#kept.delete(workbenchId);
    };
    // Who is told by the API that it runs comes at once, and must not find what was true a moment ago.
    kept.route.then((route) => route.kind !== 'running' && forget(), forget);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#options.capacity) return;
      this.#kept.delete(oldest);
    }
  }

  async #read(workbenchId: string): Promise<WorkbenchRoute> {
    const key = await this.#options.workbenches.findByWorkbenchId(workbenchId);
    const workbench = key === undefined ? undefined : await this.#options.workbenches.read(key);
    if (workbench === undefined) return { kind: 'unknown' };
    if (workbench.status !== 'running' || workbench.run.endpoint === undefined) {
      return { kind: 'waiting', workbench };
    }
    return { kind: 'running', target: workbench.run.endpoint.replace(/\/?$/, '/') };
  }
}
