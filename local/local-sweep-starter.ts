import type { StoredSweepRequest, SweepRequest, SweepStarter } from '#core/ports/sweep-starter.ts';
import type { Sweep } from '#core/reconcile/report.ts';
import type { IntervalSchedule } from './interval-schedule.ts';

export type SweepSchedules = Readonly<Partial<Record<Sweep, Pick<IntervalSchedule, 'runAfterCurrent'>>>>;

/** Starts sweeps of local mode. The request is in memory, because the sweep ends with the process, too. */
export class LocalSweepStarter implements SweepStarter {
  #schedules: SweepSchedules = {};
  #last: StoredSweepRequest | undefined;

  /** Sets the schedules, which are created after the routes. */
  use(schedules: SweepSchedules): void {
    this.#schedules = schedules;
  }

  get available(): readonly Sweep[] {
    return Object.keys(this.#schedules) as Sweep[];
  }

  async lastRequest(): Promise<StoredSweepRequest | undefined> {
    return this.#last;
  }

  async start(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<'started' | 'busy'> {
    if (this.#last !== previous) return 'busy';
    this.#last = request;
    this.#schedules[request.sweep]?.runAfterCurrent();
    return 'started';
  }
}
