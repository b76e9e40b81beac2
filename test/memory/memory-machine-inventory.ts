import type {
  MachineInventory,
  MachineList,
  MachineObservation,
  MachineTask,
} from '#core/ports/machine-inventory.ts';

/** A MachineInventory in memory. */
export class MemoryMachineInventory implements MachineInventory {
  readonly machines: MachineObservation[] = [];
  /** Machine id → the tasks on it. */
  readonly tasks = new Map<string, readonly MachineTask[]>();
  /** For ports of local mode. */
  readonly draining = false;
  complete = true;
  /** Calls of `list`. */
  calls = 0;

  async list(): Promise<MachineList> {
    this.calls += 1;
    return { machines: [...this.machines], complete: this.complete };
  }

  async find(machineId: string): Promise<MachineObservation | undefined> {
    return this.machines.find((machine) => machine.machineId === machineId);
  }

  async setDraining({ machineId }: MachineObservation, draining: boolean): Promise<void> {
    const index = this.machines.findIndex((machine) => machine.machineId === machineId);
    const machine = this.machines[index];
    if (machine !== undefined) this.machines[index] = { ...machine, state: draining ? 'draining' : 'active' };
  }

  async listTasks({ machineId }: MachineObservation): Promise<readonly MachineTask[]> {
    return this.tasks.get(machineId) ?? [];
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
