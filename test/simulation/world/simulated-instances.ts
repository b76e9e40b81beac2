import type { InstanceState } from '#core/ports/host-fleet.ts';
import type { Kernel } from '../kernel.ts';
import type { Container } from './ground-truth.ts';
import type { HazardDraws } from './hazards.ts';
import type { StateReasonCode } from './reasons.ts';

/** The resources that an instance offers to tasks. */
export interface Size {
  /** 1,024 units = 1 vCPU. */
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly gpuCount: number;
  /** Tasks that can have a network interface of their own on an instance of this size. @default no limit */
  readonly interfaces?: number;
}

export interface InstanceSpec {
  readonly instanceType: string;
  readonly size: Size;
  /** The capacity provider that launched it. Absent if RunInstances launched it: it is a host. */
  readonly provider?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The attributes with which its agent registers. */
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
  /** Whether it can run containers. False as soon as it has lost power, even if EC2 reports it as running. */
  powered: boolean;
  hardwareFailed?: boolean;
  /** Why EC2 stops or terminates it, or has done so. */
  stateReason?: StateReasonCode;
  /** DescribeInstances shows it as running until then, although EC2 has begun to end it. */
  shownAsRunningUntil?: number;
  /** It ended by itself right after its launch. */
  launchFailed?: boolean;
  readonly containers: Set<Container>;
  /** Incremented by each transition. An action that was scheduled in an earlier epoch does not run. */
  epoch: number;
}

/** Receives the changes of instances. */
export interface InstanceListener {
  /** The operating system has booted. The agent starts. */
  onBooted(instance: SimulatedInstance): void;
  /** EC2 begins to stop or terminate it. Its containers run until it loses power. */
  onEnding(instance: SimulatedInstance, how: 'stopped' | 'terminated'): void;
  /** All its containers have ended. With `hardware_failed`, EC2 still reports the instance as running. */
  onPowerLost(instance: SimulatedInstance, how: 'stopped' | 'terminated' | 'hardware_failed'): void;
  onContainerKilled(container: Container): void;
  onEvent(event: Readonly<Record<string, unknown>>): void;
}

/** Every EC2 instance of the world: hosts and instances of capacity providers. */
export class SimulatedInstances {
  readonly all = new Map<string, SimulatedInstance>();
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #listener: InstanceListener;

  constructor(kernel: Kernel, draws: HazardDraws, listener: InstanceListener) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#listener = listener;
  }

  launch(spec: InstanceSpec): SimulatedInstance {
    const now = this.#kernel.now();
    const instance: SimulatedInstance = {
      instanceId: `i-${(this.all.size + 1).toString(16).padStart(17, '0')}`,
      spec,
      launchedAt: now,
      state: 'pending',
      stateSince: now,
      powered: false,
      containers: new Set(),
      epoch: 0,
    };
    this.all.set(instance.instanceId, instance);
    this.#publishEvent(instance);
    this.#boot(instance);
    return instance;
  }

  /** Ends a launched instance after `ms`, before it has booted. */
  failLaunch(instance: SimulatedInstance, ms: number, stateReason: StateReasonCode): void {
    instance.epoch += 1;
    this.#schedule(instance, ms, () => {
      instance.launchFailed = true;
      instance.stateReason = stateReason;
      this.#change(instance, 'terminated');
    });
  }

  start(instance: SimulatedInstance): void {
    delete instance.stateReason;
    this.#change(instance, 'pending');
    this.#boot(instance);
  }

  stop(instance: SimulatedInstance): void {
    instance.stateReason = 'Client.UserInitiatedShutdown';
    this.#beginEnd(instance, 'stopping');
    this.#listener.onEnding(instance, 'stopped');
    this.#schedule(instance, this.#draws.secondsAsMs(10, 90), () => {
      this.#powerOff(instance, 'stopped');
      this.#change(instance, 'stopped');
    });
  }

  terminate(
    instance: SimulatedInstance,
    stateReason: StateReasonCode = 'Client.UserInitiatedShutdown',
  ): void {
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    instance.stateReason = stateReason;
    this.#beginEnd(instance, 'shutting-down');
    this.#listener.onEnding(instance, 'terminated');
    this.#schedule(instance, this.#draws.secondsAsMs(5, 60), () => {
      this.#powerOff(instance, 'terminated');
      this.#change(instance, 'terminated');
    });
  }

  /** The hardware fails: all containers end, but EC2 reports the instance as running until it terminates it. */
  failHardware(instance: SimulatedInstance): void {
    if (!instance.powered || instance.state !== 'running') return;
    instance.hardwareFailed = true;
    this.#powerOff(instance, 'hardware_failed');
    instance.epoch += 1;
    this.#schedule(instance, this.#draws.secondsAsMs(120, 1800), () => this.terminate(instance));
  }

  /** The instances that are billed by the hour. */
  listBilled(): SimulatedInstance[] {
    return [...this.all.values()].filter(({ state }) => state !== 'stopped' && state !== 'terminated');
  }

  #boot(instance: SimulatedInstance): void {
    const { timing } = this.#draws;
    this.#schedule(instance, this.#draws.delayMs(timing.instanceBoot), () => {
      instance.powered = true;
      this.#change(instance, 'running');
      this.#schedule(instance, this.#draws.delayMs(timing.agentStart), () =>
        this.#listener.onBooted(instance),
      );
    });
  }

  #powerOff(instance: SimulatedInstance, how: 'stopped' | 'terminated' | 'hardware_failed'): void {
    instance.powered = false;
    for (const container of instance.containers) this.#listener.onContainerKilled(container);
    this.#listener.onPowerLost(instance, how);
  }

  #beginEnd(instance: SimulatedInstance, state: 'stopping' | 'shutting-down'): void {
    delete instance.shownAsRunningUntil;
    if (instance.state === 'running' && this.#draws.happens('endShownLate'))
      instance.shownAsRunningUntil = this.#kernel.now() + this.#draws.secondsAsMs(1, 240);
    this.#change(instance, state);
  }

  #change(instance: SimulatedInstance, state: InstanceState): void {
    instance.state = state;
    instance.stateSince = this.#kernel.now();
    instance.epoch += 1;
    this.#publishEvent(instance);
  }

  #schedule(instance: SimulatedInstance, ms: number, action: () => void): void {
    const { epoch } = instance;
    this.#kernel.after(ms, () => {
      if (instance.epoch === epoch) action();
    });
  }

  #publishEvent({ instanceId, state }: SimulatedInstance): void {
    this.#listener.onEvent({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [`arn:aws:ec2:us-east-1:123456789012:instance/${instanceId}`],
      detail: { 'instance-id': instanceId, state },
    });
  }
}
