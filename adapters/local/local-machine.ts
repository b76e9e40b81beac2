import type { CapacityProvider } from '#core/ports/capacity-catalog.ts';
import type { Clock } from '#core/ports/clock.ts';
import type {
  MachineInventory,
  MachineList,
  MachineObservation,
  MachineTask,
} from '#core/ports/machine-inventory.ts';
import type { TaskObservation, TaskRunner } from '#core/ports/task-runner.ts';

/** The machine id of this computer. */
export const LOCAL_MACHINE_ID = 'local';

export interface LocalMachineOptions {
  /** Its capacity, and the provider under whose name placement knows it. */
  readonly provider: () => Promise<CapacityProvider | undefined>;
  readonly tasks: Pick<TaskRunner, 'list'>;
  /** The maximum number of workbenches that run at the same time. */
  readonly maxRunning: number;
  readonly clock: Clock;
  /** The memory that processes can still get, in bytes. @default what the system reports */
  readonly availableMemory?: () => number;
}

const MIB = 1024 * 1024;

/**
 * The one machine of local mode: this computer. It limits the number of tasks instead of their CPU, which they share. The
 * free memory is what the system reports, since other programs use it too.
 */
export class LocalMachine implements MachineInventory {
  readonly #options: LocalMachineOptions;
  readonly #startedAt: number;
  /** Whether no workbench may start. */
  draining = false;

  constructor(options: LocalMachineOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  async list(): Promise<MachineList> {
    const { maxRunning: interfaces, availableMemory = () => process.availableMemory() } = this.#options;
    const provider = await this.#options.provider();
    if (provider === undefined) return { machines: [], complete: true };
    const { name, cpuUnits, memoryMib, gpuCount } = provider;
    const tasks = (await this.listAllTasks()).length;
    const free = Math.min(memoryMib, Math.floor(availableMemory() / MIB));
    return {
      machines: [
        {
          machineId: LOCAL_MACHINE_ID,
          dedicated: false,
          provider: name,
          state: this.draining ? 'draining' : 'active',
          agentConnected: true,
          registeredAt: this.#startedAt,
          trunked: false,
          tasks,
          capacity: { cpuUnits, memoryMib, gpuCount, interfaces },
          free: { cpuUnits, memoryMib: free, gpuCount, interfaces },
        },
      ],
      complete: true,
    };
  }

  async find(machineId: string): Promise<MachineObservation | undefined> {
    return (await this.list()).machines.find((machine) => machine.machineId === machineId);
  }

  async setDraining(_machine: MachineObservation, draining: boolean): Promise<void> {
    this.draining = draining;
  }

  /** The tasks on simulated hosts are those of other machines. */
  async listTasks(): Promise<readonly MachineTask[]> {
    return (await this.listAllTasks()).filter(({ containerInstance }) => containerInstance === undefined);
  }

  /** Also those on simulated hosts. */
  async listAllTasks(): Promise<readonly TaskObservation[]> {
    const tasks: TaskObservation[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#options.tasks.list(cursor);
      tasks.push(...page.tasks);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return tasks;
  }
}
