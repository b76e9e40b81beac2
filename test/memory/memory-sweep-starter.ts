import { PortError } from '#core/ports/port-error.ts';
import type { StoredSweepRequest, SweepRequest, SweepStarter } from '#core/ports/sweep-starter.ts';
import { SWEEPS, type Sweep } from '#core/reconcile/report.ts';

/** A SweepStarter in memory. It runs nothing. */
export class MemorySweepStarter implements SweepStarter {
  available: readonly Sweep[] = SWEEPS;
  readonly started: Sweep[] = [];
  /** Whether the next start fails. */
  fails = false;
  #last: StoredSweepRequest | undefined;

  async lastRequest(): Promise<StoredSweepRequest | undefined> {
    return this.#last;
  }

  async start(request: SweepRequest, previous: StoredSweepRequest | undefined): Promise<'started' | 'busy'> {
    if (this.#last?.at !== previous?.at) return 'busy';
    if (this.fails) throw new PortError('unavailable', 'the sweep cannot begin');
    this.#last = request;
    this.started.push(request.sweep);
    return 'started';
  }
}
