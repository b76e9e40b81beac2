import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  idAt,
  MINUTE,
  pending,
  running,
  starting,
  stopped,
  T0,
} from '#test/builders/workbench.ts';

export interface Population {
  readonly stored: number;
  /** Of those stored: running, but for the due and twice as many that are to be looked at later. */
  readonly active: number;
  /** Of those active: to be looked at now, at T0 + 1 minute. */
  readonly due: number;
}

/** When the due are due. */
export const NOW = T0 + MINUTE;

/** Records as a deployment would have them, a hundred to a user: most are stopped, some run, few are unsettled. */
export function* population({ stored, active, due }: Population): Generator<Workbench> {
  for (let n = 0; n < stored; n += 1) {
    const identity = { workbenchId: idAt(T0 - n, n), userId: `user-${Math.floor(n / 100)}` };
    if (n < due) yield starting({ ...identity, nextDriveAt: T0 + n });
    else if (n < 3 * due) yield pending({ ...identity, nextDriveAt: NOW + MINUTE });
    else if (n < active) yield running({ ...identity, run: acceptedRun({ taskId: `task-${n}` }) });
    else yield stopped(identity);
  }
}
