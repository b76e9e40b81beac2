import type { Capacity, FreeCapacity } from '../ports/capacity-catalog.ts';
import { canHold } from './dominant-share.ts';

/**
 * The machine of this provider on which the cluster would put the request: of those that can hold it the one
 * with the least memory left, which is what RunTask asks for. Undefined when it would have to wait for a new one.
 */
export function machineFor(request: Capacity, provider: string, room: readonly FreeCapacity[]): FreeCapacity | undefined {
  let best: FreeCapacity | undefined;
  for (const machine of room) {
    if (machine.provider !== provider || !canHold(machine, request)) continue;
    if (best === undefined || machine.memoryMib < best.memoryMib) best = machine;
  }
  return best;
}

/** What room there is when the request has gone to the provider: unchanged where it waits for a new machine. */
export function roomAfter(request: Capacity, provider: string, room: readonly FreeCapacity[]): readonly FreeCapacity[] {
  const taken = machineFor(request, provider, room);
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
