import type { InstanceState } from '#core/ports/host-fleet.ts';
import type { Kernel } from '../kernel.ts';
import type { Draws } from './draws.ts';
import type { Container } from './truth.ts';

/** What a machine offers to tasks. */
export interface Size {
  /** 1,024 units = 1 vCPU. */
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

export interface MachineSpec {
  readonly instanceType: string;
  readonly size: Size;
  /** The capacity provider whose group launched it; absent: launched by RunInstances. */
  readonly provider?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What its agent registers with. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly imageId: string;
}

export interface Machine {
  readonly instanceId: string;
  readonly spec: MachineSpec;
  readonly launchedAt: number;
  state: InstanceState;
  /** When the state last changed. */
  since: number;
  /** It runs programs: false from the moment its power is lost, whatever EC2 shows. */
  powered: boolean;
  broken?: boolean;
  readonly containers: Set<Container>;
  /** Grows with each transition, so that what was planned before it does not happen after it. */
  epoch: number;
}

/** Who has to know what becomes of machines. */
export interface MachineWatcher {
  /** The system is up: its agent starts, and may register. */
  booted(machine: Machine): void;
  /** It runs nothing any more. `broken`: EC2 does not say so yet. */
  powerLost(machine: Machine, how: 'stopped' | 'terminated' | 'broken'): void;
  endContainer(container: Container): void;
  event(event: Readonly<Record<string, unknown>>): void;
}

/** The hardware: every EC2 instance there is, dedicated or of a capacity provider. */
export class Machines {
  readonly all = new Map<string, Machine>();
  readonly #kernel: Kernel;
  readonly #draws: Draws;
  readonly #watcher: MachineWatcher;

  constructor(kernel: Kernel, draws: Draws, watcher: MachineWatcher) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#watcher = watcher;
  }

  launch(spec: MachineSpec): Machine {
    const now = this.#kernel.now();
    const machine: Machine = {
      instanceId: `i-${(this.all.size + 1).toString(16).padStart(17, '0')}`,
      spec,
      launchedAt: now,
      state: 'pending',
      since: now,
      powered: false,
      containers: new Set(),
      epoch: 0,
    };
    this.all.set(machine.instanceId, machine);
    this.#tell(machine);
    this.#boot(machine);
    return machine;
  }

  start(machine: Machine): void {
    this.#change(machine, 'pending');
    this.#boot(machine);
  }

  stop(machine: Machine): void {
    this.#change(machine, 'stopping');
    this.#later(machine, this.#draws.seconds(10, 90), () => {
      this.#powerOff(machine, 'stopped');
      this.#change(machine, 'stopped');
    });
  }

  terminate(machine: Machine): void {
    if (machine.state === 'shutting-down' || machine.state === 'terminated') return;
    this.#change(machine, 'shutting-down');
    this.#later(machine, this.#draws.seconds(5, 60), () => {
      this.#powerOff(machine, 'terminated');
      this.#change(machine, 'terminated');
    });
  }

  /** Its hardware fails: nothing runs on it any more, but EC2 shows it as running until it is given up. */
  break(machine: Machine): void {
    if (!machine.powered || machine.state !== 'running') return;
    machine.broken = true;
    this.#powerOff(machine, 'broken');
    machine.epoch += 1;
    this.#later(machine, this.#draws.seconds(120, 1800), () => this.terminate(machine));
  }

  /** Everything that costs money by the hour. */
  costing(): Machine[] {
    return [...this.all.values()].filter(({ state }) => state !== 'stopped' && state !== 'terminated');
  }

  #boot(machine: Machine): void {
    this.#later(machine, this.#draws.seconds(10, 40), () => {
      machine.powered = true;
      this.#change(machine, 'running');
      this.#later(machine, this.#draws.seconds(20, 60), () => this.#watcher.booted(machine));
    });
  }

  #powerOff(machine: Machine, how: 'stopped' | 'terminated' | 'broken'): void {
    machine.powered = false;
    for (const container of machine.containers) this.#watcher.endContainer(container);
    this.#watcher.powerLost(machine, how);
  }

  #change(machine: Machine, state: InstanceState): void {
    machine.state = state;
    machine.since = this.#kernel.now();
    machine.epoch += 1;
    this.#tell(machine);
  }

  #later(machine: Machine, ms: number, action: () => void): void {
    const { epoch } = machine;
    this.#kernel.after(ms, () => {
      if (machine.epoch === epoch) action();
    });
  }

  #tell({ instanceId, state }: Machine): void {
    this.#watcher.event({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [`arn:aws:ec2:us-east-1:123456789012:instance/${instanceId}`],
      detail: { 'instance-id': instanceId, state },
    });
  }
}
