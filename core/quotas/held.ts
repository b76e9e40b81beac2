import type { WorkbenchSpec } from '../workbench/spec.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import { HELD_NAMES, type HeldName } from './limits.ts';

/** What a workbench holds of each quota; 0 where it is absent. */
export type Held = Readonly<Partial<Record<HeldName, number>>>;

export const HOLDS_NOTHING: Held = {};

/**
 * What the workbench holds. A workbench that is stopping holds capacity until it is known to have stopped, because its task may
 * run as long; one that is being deleted as long as it has a run, and counts as a workbench until its record is deleted. One that
 * can be restored counts for its capacity only.
 */
export function heldBy(workbench: Workbench): Held {
  const { status, spec } = workbench;
  const holdsCapacity = status === 'deleting' ? workbench.run !== undefined : status !== 'stopped';
  const held = heldWith(spec, holdsCapacity);
  return isDeleted(workbench) ? { ...held, workbenches: 0, hosts: 0 } : held;
}

/** What a workbench of this size holds. @param holdsCapacity whether it runs, or may run */
export function heldWith(
  { cpuUnits, memoryMib, gpuCount, dedicatedInstanceType }: WorkbenchSpec,
  holdsCapacity: boolean,
): Held {
  return {
    workbenches: 1,
    ...(dedicatedInstanceType === undefined ? {} : { hosts: 1 }),
    ...(holdsCapacity ? { running: 1, cpu: cpuUnits, memory: memoryMib, gpus: gpuCount } : {}),
  };
}

/** Whether the second holds more of anything than the first. */
export function holdsMore(before: Held, after: Held): boolean {
  return HELD_NAMES.some((name) => (after[name] ?? 0) > (before[name] ?? 0));
}

/** Whether the second holds less of anything than the first. */
export function holdsLess(before: Held, after: Held): boolean {
  return holdsMore(after, before);
}
