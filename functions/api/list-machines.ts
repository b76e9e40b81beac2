import type { MachineItem } from '#contract/machine-bodies.ts';
import { listMachines, type Machine, type MachinePorts } from '#core/machines/list-machines.ts';
import type { MachineCapacity } from '#core/ports/machine-inventory.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { reuseResult } from '../middleware/reuse-result.ts';
import { presentDrain } from './drain-machine.ts';
import { toIsoTime } from './present-workbench.ts';

/** How long a process uses a snapshot of the machines, so that a page that polls does not use up the throttles of ECS. Milliseconds. */
export const MACHINES_CACHE_MS = 15_000;

/** GET /machines */
export function build(ports: ApiPorts & MachinePorts, settings: ApiSettings): ApiHandler {
  const readSnapshot = reuseResult(ports.clock, MACHINES_CACHE_MS, () => listMachines(ports));
  return toAdminApiHandler(ports, settings, async () => {
    const { machines, complete, readAt } = await readSnapshot();
    const items = machines.map(presentMachine);
    return { status: 200, body: { success: true, items, complete, read_at: toIsoTime(readAt) } };
  });
}

function presentMachine(machine: Machine): MachineItem {
  const { machineId, provider, instanceType, state, agent, registeredAt, capacity, free, drain } = machine;
  return {
    machine_id: machineId,
    ...(provider === undefined ? {} : { provider }),
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    state,
    ...(agent === undefined
      ? {}
      : {
          agent: {
            connected: agent.connected,
            ...(agent.version === undefined ? {} : { version: agent.version }),
            outdated: agent.outdated,
          },
        }),
    ...(drain === undefined ? {} : { draining: presentDrain(drain) }),
    ...(registeredAt === undefined ? {} : { registered_at: toIsoTime(registeredAt) }),
    ...(capacity === undefined ? {} : { capacity: presentCapacity(capacity) }),
    ...(free === undefined ? {} : { free: presentCapacity(free) }),
    workbenches: machine.workbenches.map(({ workbenchId, userId, name, status }) => ({
      workbench_id: workbenchId,
      user_id: userId,
      workbench_name: name,
      status,
    })),
  };
}

/** CPU, memory, GPUs and network interfaces, as the API names them. */
export function presentCapacity({ cpuUnits, memoryMib, gpuCount, interfaces }: MachineCapacity) {
  return {
    cpu: cpuUnits,
    memory: memoryMib,
    gpu: gpuCount,
    ...(interfaces === undefined ? {} : { interfaces }),
  };
}
