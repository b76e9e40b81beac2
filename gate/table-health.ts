import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { settlesWithin, type Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { OwnRoute } from './own-route.ts';
import type { GatePorts } from './ports.ts';

/** The gate counts as healthy for this long after it has read from the table. */
export const HEALTHY_FOR_MS = 30_000;
/** A check reads from the table if no request has done so for this long. The load balancer checks every 10 s. */
const READ_AFTER_MS = 5_000;
/** How long a check waits for its read. */
const READ_LIMIT_MS = 2_000;

/** An id that no workbench has: its time is 1970. */
const NO_WORKBENCH = '0'.repeat(26);

/**
 * Whether the gate can do its work. Only the reads tell it: a gate that cannot read the table refuses every request, so
 * the load balancer must send requests to another one.
 */
export class TableHealth {
  readonly #workbenches: GatePorts['workbenches'];
  readonly #timers: Timers;
  readonly #telemetry: Telemetry;
  #lastRead: Moment | undefined;
  #reading: Promise<unknown> | undefined;
  #draining = false;

  constructor(workbenches: GatePorts['workbenches'], timers: Timers, telemetry: Telemetry) {
    this.#workbenches = workbenches;
    this.#timers = timers;
    this.#telemetry = telemetry;
  }

  /** The same port. Its successful reads are noted, so that checks seldom read. */
  readonly workbenches: GatePorts['workbenches'] = {
    findByWorkbenchId: (workbenchId) => this.#note(this.#workbenches.findByWorkbenchId(workbenchId)),
    read: (key) => this.#note(this.#workbenches.read(key)),
  };

  /** The gate is ending: the load balancer must send no further requests. */
  drain(): void {
    this.#draining = true;
  }

  async isHealthy(): Promise<boolean> {
    if (this.#draining) return false;
    if (!this.#hasReadWithin(READ_AFTER_MS)) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await settlesWithin(this.#timers, READ_LIMIT_MS, this.#reading);
    }
    // A SIGTERM may have come meanwhile.
    return !this.#draining && this.#hasReadWithin(HEALTHY_FOR_MS);
  }

  async #read(): Promise<void> {
    try {
      await outsideRequest(() => this.workbenches.findByWorkbenchId(NO_WORKBENCH));
    } catch (error) {
      this.#telemetry.warn('the table does not respond to the gate', { error: String(error) });
    }
  }

  async #note<T>(result: Promise<T>): Promise<T> {
    const begun = momentOf(this.#timers);
    const value = await result;
    this.#lastRead = begun;
    return value;
  }

  #hasReadWithin(ms: number): boolean {
    return this.#lastRead !== undefined && ageOf(this.#lastRead, this.#timers) < ms;
  }
}

/** `GET /.wb/health`: for load balancers, without a session. The response says nothing else. */
export function healthRoute(health: Pick<TableHealth, 'isHealthy'>): OwnRoute {
  return {
    method: 'GET',
    path: '/.wb/health',
    // A load balancer sends the address of the task as the host.
    on: 'unchecked',
    from: 'any',
    async handle({ response }) {
      const healthy = await health.isHealthy();
      response
        .writeHead(healthy ? 200 : 503, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
        .end(healthy ? 'ok' : 'unavailable');
    },
  };
}
