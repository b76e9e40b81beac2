import type { InstanceState } from '#core/ports/host-fleet.ts';
import type { Kernel } from '../kernel.ts';
import type { Container } from './ground-truth.ts';
import type { HazardDraws } from './hazards.ts';

/** What a machine offers to tasks. */
export interface Size {
  /** 1,024 units = 1 vCPU. */
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
}

export interface InstanceSpec {
  readonly instanceType: string;
  readonly size: Size;
  /** The capacity provider whose group launched it; absent: launched by RunInstances. */
  readonly provider?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What its agent registers with. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly imageId: string;
}

export interface SimulatedInstance {
  readonly instanceId: string;
  readonly spec: InstanceSpec;
  readonly launchedAt: number;
  state: InstanceState;
  /** When the state last changed. */
  stateSince: number;
  /** It runs programs: false from the moment its power is lost, whatever EC2 shows. */
  powered: boolean;
  hardwareFailed?: boolean;
  readonly containers: Set<Container>;
  /** Grows with each transition, so that what was planned before it does not happen after it. */
  epoch: number;
}

/** Who has to know what becomes of machines. */
export interface InstanceListener {
  /** The system is up: its agent starts, and may register. */
  onBooted(machine: SimulatedInstance): void;
  /** It runs nothing any more. `broken`: EC2 does not say so yet. */
  onPowerLost(machine: SimulatedInstance, how: 'stopped' | 'terminated' | 'broken'): void;
  onContainerKilled(container: Container): void;
  onEvent(onEvent: Readonly<Record<string, unknown>>): void;
}

/** The hardware: every EC2 instance there is, dedicated or of a capacity provider. */
export class SimulatedInstances {
  readonly all = new Map<string, SimulatedInstance>();
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #watcher: InstanceListener;

  constructor(kernel: Kernel, draws: HazardDraws, watcher: InstanceListener) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#watcher = watcher;
  }

  launch(spec: InstanceSpec): SimulatedInstance {
    const now = this.#kernel.now();
    const machine: SimulatedInstance = {
      instanceId: `i-${(this.all.size + 1).toString(16).padStart(17, '0')}`,
      spec,
      launchedAt: now,
      state: 'pending',
      stateSince: now,
      powered: false,
      containers: new Set(),
      epoch: 0,
    };
    this.all.set(machine.instanceId, machine);
    this.#publishEvent(machine);
    this.#boot(machine);
    return machine;
  }

  start(machine: SimulatedInstance): void {
    this.#change(machine, 'pending');
    this.#boot(machine);
  }

  stop(machine: SimulatedInstance): void {
    this.#change(machine, 'stopping');
    this.#schedule(machine, this.#draws.secondsAsMs(10, 90), () => {
      this.#powerOff(machine, 'stopped');
      this.#change(machine, 'stopped');
    });
  }

  terminate(machine: SimulatedInstance): void {
    if (machine.state === 'shutting-down' || machine.state === 'terminated') return;
    this.#change(machine, 'shutting-down');
    this.#schedule(machine, this.#draws.secondsAsMs(5, 60), () => {
      this.#powerOff(machine, 'terminated');
      this.#change(machine, 'terminated');
    });
  }

  /** Its hardware fails: nothing runs on it any more, but EC2 shows it as running until it is given up. */
  failHardware(machine: SimulatedInstance): void {
    if (!machine.powered || machine.state !== 'running') return;
    machine.hardwareFailed = true;
    this.#powerOff(machine, 'broken');
    machine.epoch += 1;
    this.#schedule(machine, this.#draws.secondsAsMs(120, 1800), () => this.terminate(machine));
  }

  /** Everything that costs money by the hour. */
  listBilled(): SimulatedInstance[] {
    return [...this.all.values()].filter(({ state }) => state !== 'stopped' && state !== 'terminated');
  }

  #boot(machine: SimulatedInstance): void {
    this.#schedule(machine, this.#draws.secondsAsMs(10, 40), () => {
      machine.powered = true;
      this.#change(machine, 'running');
      this.#schedule(machine, this.#draws.secondsAsMs(20, 60), () => this.#watcher.onBooted(machine));
    });
  }

  #powerOff(machine: SimulatedInstance, how: 'stopped' | 'terminated' | 'broken'): void {
    machine.powered = false;
    for (const container of machine.containers) this.#watcher.onContainerKilled(container);
    this.#watcher.onPowerLost(machine, how);
  }

  #change(machine: SimulatedInstance, state: InstanceState): void {
    machine.state = state;
    machine.stateSince = this.#kernel.now();
    machine.epoch += 1;
    this.#publishEvent(machine);
  }

  #schedule(machine: SimulatedInstance, ms: number, action: () => void): void {
    const { epoch } = machine;
    this.#kernel.after(ms, () => {
      if (machine.epoch === epoch) action();
    });
  }

  #publishEvent({ instanceId, state }: SimulatedInstance): void {
    this.#watcher.onEvent({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [`arn:aws:ec2:us-east-1:123456789012:instance/${instanceId}`],
      detail: { 'instance-id': instanceId, state },
    });
  }
}
