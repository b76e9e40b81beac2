import type { Capacity, FreeCapacity } from '../ports/capacity-catalog.ts';

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

/**
 * The machine of this provider on which the cluster would put the request: of those that can hold it the one
 * with the least memory left, which is what RunTask asks for. Undefined when it would have to wait for a new one.
 */
export function findInstanceFor(
  request: Capacity,
  provider: string,
  room: readonly FreeCapacity[],
): FreeCapacity | undefined {
  let best: FreeCapacity | undefined;
  for (const machine of room) {
    if (machine.provider !== provider || !canHold(machine, request)) continue;
    if (best === undefined || machine.memoryMib < best.memoryMib) best = machine;
  }
  return best;
}

/** What room there is when the request has gone to the provider: unchanged where it waits for a new machine. */
export function freeCapacityAfter(
  request: Capacity,
  provider: string,
  room: readonly FreeCapacity[],
): readonly FreeCapacity[] {
  const taken = findInstanceFor(request, provider, room);
  if (taken === undefined) return room;
  return room.map((machine) =>
    machine === taken
      ? {
          ...machine,
          cpuUnits: machine.cpuUnits - request.cpuUnits,
          memoryMib: machine.memoryMib - request.memoryMib,
          gpuCount: machine.gpuCount - request.gpuCount,
        }
      : machine,
  );
}
