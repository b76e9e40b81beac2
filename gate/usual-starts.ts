import { outsideRequest } from '#adapters/http-server/request-faults.ts';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { findUsualStart, type StartTimesSummary } from '#core/workbench/start-times.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { GatePorts } from './ports.ts';

/** The times are read again at the first use after this time, milliseconds, also after a failure. */
export const USUAL_STARTS_MAX_AGE_MS = 60_000;

export interface UsualStartsOptions {
  readonly startTimes: GatePorts['startTimes'];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** How long starts usually take. No page waits for it, and however many reload, it is read once a minute. */
export class UsualStarts {
  readonly #options: UsualStartsOptions;
  #summaries: readonly StartTimesSummary[] = [];
  #readAt: Moment | undefined;

  constructor(options: UsualStartsOptions) {
    this.#options = options;
  }

  /** Returns how long such starts take; undefined if it is not known, or not yet. */
  find(workbench: Workbench): StartTimesSummary | undefined {
    const { clock } = this.#options;
    if (this.#readAt === undefined || ageOf(this.#readAt, clock) >= USUAL_STARTS_MAX_AGE_MS) {
      this.#readAt = momentOf(clock);
      void this.#read();
    }
    return findUsualStart(workbench, this.#summaries);
  }

  async #read(): Promise<void> {
    const { startTimes, telemetry } = this.#options;
    try {
      this.#summaries = await outsideRequest(() => startTimes.list());
    } catch (error) {
      telemetry.warn('the usual times of starts cannot be read', { error: String(error) });
    }
  }
}
