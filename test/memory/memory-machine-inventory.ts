import type { MachineInventory, MachineList, MachineObservation } from '#core/ports/machine-inventory.ts';

/** A MachineInventory in memory. */
export class MemoryMachineInventory implements MachineInventory {
  readonly machines: MachineObservation[] = [];
  complete = true;
  /** Calls of `list`. */
  calls = 0;

  async list(): Promise<MachineList> {
    this.calls += 1;
    return { machines: [...this.machines], complete: this.complete };
  }
}

/** A registered shared instance of the provider `small`. */
export function aMachine(machine: Partial<MachineObservation> = {}): MachineObservation {
  return {
    machineId: 'i-1',
    containerInstance: 'ci-1',
    dedicated: false,
    provider: 'small',
    instanceType: 'm6i.large',
    state: 'active',
    agentConnected: true,
    agentVersion: '1.106.1',
    registeredAt: 1000,
    trunked: true,
    tasks: 0,
    capacity: { cpuUnits: 2048, memoryMib: 4096, gpuCount: 0 },
    free: { cpuUnits: 2048, memoryMib: 4096, gpuCount: 0 },
    ...machine,
  };
}
