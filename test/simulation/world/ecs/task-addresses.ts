import type { HazardDraws } from '../hazards.ts';
import type { Task } from './types.ts';

/** The addresses of the network interfaces of tasks. */
export class TaskAddresses {
  readonly #isReused: boolean;
  /** Address → the task that has it, or had it last. */
  readonly #holders = new Map<string, Task>();

  constructor(draws: HazardDraws) {
    this.#isReused = draws.happens('addressReused');
  }

  /** Returns the address of a new network interface. */
  assign(task: Task): string {
    const address = (this.#isReused ? this.#findReleased(task) : undefined) ?? this.#next();
    this.#holders.set(address, task);
    return address;
  }

  /** Returns the task that has an address, or had it last. */
  holderOf(address: string): Task | undefined {
    return this.#holders.get(address);
  }

  #next(): string {
    const number = this.#holders.size + 1;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  }

  /** The interface of a task is deleted when the task is STOPPED, if its instance has not been terminated before. */
  #findReleased({ workbenchId }: Task): string | undefined {
    for (const [address, { lastStatus, container, workbenchId: holder }] of this.#holders) {
      const hasEnded = container === undefined || container.endedAt !== undefined;
      if (lastStatus === 'STOPPED' && hasEnded && holder !== workbenchId) return address;
    }
    return undefined;
  }
}
