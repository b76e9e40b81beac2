import type { Capacity } from '../ports/capacity-catalog.ts';

const RESOURCES = ['cpuUnits', 'memoryMib', 'gpuCount'] as const satisfies readonly (keyof Capacity)[];

/** Whether all of the request fits into what there is. */
export function canHold(there: Capacity, request: Capacity): boolean {
  return RESOURCES.every((resource) => request[resource] <= there[resource]);
}

/**
 * How much of a machine a request takes: the largest of its shares of cpu, memory and GPUs, since what is left
 * of the others is of use only as long as that one lasts. 0 to 1 for a machine that can hold it.
 */
export function dominantShare(request: Capacity, machine: Capacity): number {
  return Math.max(...RESOURCES.map((resource) => share(request[resource], machine[resource])));
}

/** What would be left of it, in the same measure: 0 when it is used up to the last unit. */
export function leftoverShare(request: Capacity, free: Capacity, machine: Capacity): number {
  return Math.max(
    ...RESOURCES.map((resource) => share(free[resource] - request[resource], machine[resource])),
  );
}

/** Of nothing, nothing is taken. */
function share(part: number, whole: number): number {
  return part === 0 ? 0 : part / whole;
}
