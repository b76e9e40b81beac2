import type { Capacity, FreeCapacity } from '../ports/capacity-catalog.ts';

const RESOURCES = ['cpuUnits', 'memoryMib', 'gpuCount'] as const satisfies readonly (keyof Capacity)[];

/** Whether the request fits into the available capacity in every resource. */
export function canHold(available: Capacity, request: Capacity): boolean {
  return RESOURCES.every((resource) => request[resource] <= available[resource]);
}

/**
 * The dominant share of a request on an instance: the largest of its shares of CPU, memory and GPUs. Once that resource
 * is used up, what is left of the others cannot be used. 0 to 1 if the instance can hold the request.
 */
export function dominantShare(request: Capacity, instance: Capacity): number {
  return Math.max(...RESOURCES.map((resource) => share(request[resource], instance[resource])));
}

/** The largest share of a resource that would stay unused on the instance: 0 if every resource is used up. */
export function leftoverShare(request: Capacity, free: Capacity, instance: Capacity): number {
  return Math.max(
    ...RESOURCES.map((resource) => share(free[resource] - request[resource], instance[resource])),
  );
}

/** 0 of 0 counts as a share of 0. */
function share(part: number, whole: number): number {
  return part === 0 ? 0 : part / whole;
}

/**
 * Returns the instance of this provider on which ECS would place the request: the one with the least free memory that
 * can hold it, because RunTask uses `binpack` by memory. Undefined if the task would have to wait for a new instance.
 */
export function findInstanceFor(
  request: Capacity,
  provider: string,
  freeCapacity: readonly FreeCapacity[],
): FreeCapacity | undefined {
  let best: FreeCapacity | undefined;
  for (const instance of freeCapacity) {
    if (instance.provider !== provider || !canHold(instance, request)) continue;
    if (best === undefined || instance.memoryMib < best.memoryMib) best = instance;
  }
  return best;
}

/** The free capacity after the request was placed on the provider; unchanged if the task waits for a new instance. */
export function freeCapacityAfter(
  request: Capacity,
  provider: string,
  freeCapacity: readonly FreeCapacity[],
): readonly FreeCapacity[] {
  const chosen = findInstanceFor(request, provider, freeCapacity);
  if (chosen === undefined) return freeCapacity;
  return freeCapacity.map((instance) =>
    instance === chosen
      ? {
          ...instance,
          cpuUnits: instance.cpuUnits - request.cpuUnits,
          memoryMib: instance.memoryMib - request.memoryMib,
          gpuCount: instance.gpuCount - request.gpuCount,
        }
      : instance,
  );
}
