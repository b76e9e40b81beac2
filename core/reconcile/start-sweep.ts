import { invalidRequest, WorkbenchError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReportStore } from '../ports/report-store.ts';
import {
  type StoredSweepRequest,
  SWEEP_REQUEST_RETENTION_MS,
  type SweepRequest,
  type SweepStarter,
} from '../ports/sweep-starter.ts';
import type { Sweep } from './report.ts';

export interface StartSweepPorts {
  readonly sweeps: SweepStarter;
  readonly reports: Pick<ReportStore, 'list'>;
  readonly clock: Clock;
}

/** Most sweeps take seconds. */
const RETRY_AFTER_SECONDS = 10;

/**
 * Starts a sweep. Of those that were started so, one runs at a time: it runs until its report is stored. A repeated request
 * returns the sweep that runs. Sweeps of the schedule do not count: two at the same time are safe.
 * @throws WorkbenchError `invalid_request`, `too_many_requests` (`sweep_running`), `unavailable`
 */
export async function startSweep(ports: StartSweepPorts, sweep: Sweep, by: string): Promise<SweepRequest> {
  const { sweeps, clock } = ports;
  if (!sweeps.available.includes(sweep)) {
    throw invalidRequest({ sweep: `one of ${sweeps.available.join(', ')}: this installation has no other` });
  }
  const last = await sweeps.lastRequest();
  if (last !== undefined && (await isRunning(ports, last))) {
    if (last.sweep === sweep) return { ...last, sweep };
    throw anotherRuns();
  }
  const request = { sweep, at: clock.now(), by };
  if ((await sweeps.start(request, last)) === 'busy') throw anotherRuns();
  return request;
}

async function isRunning(
  { reports, clock }: StartSweepPorts,
  { sweep, at }: StoredSweepRequest,
): Promise<boolean> {
  if (clock.now() - at >= SWEEP_REQUEST_RETENTION_MS) return false;
  const listed = await reports.list();
  return !listed.some((report) => report.sweep === sweep && report.startedAt >= at);
}

function anotherRuns(): WorkbenchError {
  return new WorkbenchError(
    'too_many_requests',
    'A sweep that an operator has started is running. Try again when it has ended.',
    { reason: 'sweep_running', retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
