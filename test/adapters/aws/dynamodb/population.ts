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
  /** How many of the stored records are active. They run, except the due ones and twice as many that are due later. */
  readonly active: number;
  /** How many of the active records are due at NOW. */
  readonly due: number;
}

/** The time of the sweep. */
export const NOW = T0 + MINUTE;

/** Records like those of a deployment, a hundred per user: most are stopped, some run, few are in transition. */
export function* population({ stored, active, due }: Population): Generator<Workbench> {
  for (let n = 0; n < stored; n += 1) {
    const identity = { workbenchId: idAt(T0 - n, n), userId: `user-${Math.floor(n / 100)}` };
    if (n < due) yield starting({ ...identity, nextDriveAt: T0 + n });
    else if (n < 3 * due) yield pending({ ...identity, nextDriveAt: NOW + MINUTE });
    else if (n < active) yield running({ ...identity, run: acceptedRun({ taskId: `task-${n}` }) });
    else yield stopped(identity);
  }
}
