import type { Kernel } from '../../kernel.ts';
import type { HazardDraws } from '../hazards.ts';
import type { SimulatedInstance, SimulatedInstances } from '../simulated-instances.ts';
import type { ProviderSpec } from './capacity-providers.ts';
import type { TaskLifecycle } from './task-lifecycle.ts';
import type { ContainerInstance } from './types.ts';

export interface InterruptionDependencies {
  readonly lifecycle: TaskLifecycle;
  readonly ec2Instances: () => SimulatedInstances;
  containerInstances(): Iterable<ContainerInstance>;
  onContainerInstanceChanged(containerInstance: ContainerInstance): void;
  /** The Auto Scaling group launches another instance, as far as its maximum allows. */
  replace(provider: string): void;
  publishEvent(event: Readonly<Record<string, unknown>>): void;
}

/** EC2 warns of a Spot interruption two minutes before. */
const SPOT_NOTICE_MS = 120_000;

/**
 * What EC2 and the Auto Scaling groups do to instances of capacity providers: Spot interruptions, managed draining,
 * replacement and instance refresh. Hosts belong to no group and are on-demand instances.
 */
export class Interruptions {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #dependencies: InterruptionDependencies;
  /** The instances that drain and have not been terminated. */
  readonly #draining = new Set<SimulatedInstance>();

  constructor(
    kernel: Kernel,
    draws: HazardDraws,
    providers: readonly ProviderSpec[],
    dependencies: InterruptionDependencies,
  ) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#dependencies = dependencies;
    for (const { name } of providers) {
      if (draws.happens('refreshed')) this.#later(draws.secondsAsMs(300, 1500), () => this.#refresh(name));
    }
  }

  onRegistered(containerInstance: ContainerInstance): void {
    const { spec } = containerInstance.ec2Instance;
    if (spec.provider === undefined) return;
    const schedule = (action: () => void) => this.#later(this.#draws.secondsAsMs(10, 1200), action);
    if (this.#draws.happens('spotInterrupted')) schedule(() => this.#interrupt(containerInstance));
    if (this.#draws.happens('drainedByGroup')) schedule(() => this.#drainAndTerminate(containerInstance));
    if (this.#draws.happens('groupReplaces')) {
      schedule(() => {
        if (containerInstance.ec2Instance.state !== 'running') return;
        this.#dependencies.replace(spec.provider ?? '');
        this.#dependencies.ec2Instances().terminate(containerInstance.ec2Instance);
      });
    }
  }

  /** Terminates the instances that drain. */
  disableHazards(): void {
    for (const instance of this.#draining) this.#dependencies.ec2Instances().terminate(instance);
    this.#draining.clear();
  }

  /** Without a connected agent, which polls the instance metadata, the instance does not drain. */
  #interrupt(containerInstance: ContainerInstance): void {
    const { ec2Instance } = containerInstance;
    if (ec2Instance.state !== 'running') return;
    this.#dependencies.publishEvent({
      source: 'aws.ec2',
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      resources: [`arn:aws:ec2:us-east-1a:instance/${ec2Instance.instanceId}`],
      detail: { 'instance-id': ec2Instance.instanceId, 'instance-action': 'terminate' },
    });
    if (containerInstance.agentConnected) this.#drain(containerInstance);
    const ecsStopsTasks = this.#draws.pick([false, true]);
    if (ecsStopsTasks) {
      this.#later(this.#draws.secondsAsMs(5, 90), () => {
        for (const task of [...containerInstance.tasks]) this.#dependencies.lifecycle.interrupt(task);
      });
    }
    this.#later(SPOT_NOTICE_MS, () => this.#terminate(ec2Instance, 'Server.SpotInstanceTermination'));
  }

  /** A standalone task does not end because its instance drains. The group waits for it, and then terminates. */
  #drainAndTerminate(containerInstance: ContainerInstance): void {
    if (containerInstance.ec2Instance.state !== 'running') return;
    this.#drain(containerInstance);
    this.#later(this.#draws.secondsAsMs(300, 1800), () => this.#terminate(containerInstance.ec2Instance));
  }

  /** Instance refresh: a new instance for each that exists, and the old ones drain. */
  #refresh(provider: string): void {
    for (const containerInstance of [...this.#dependencies.containerInstances()]) {
      const { ec2Instance, status } = containerInstance;
      if (ec2Instance.spec.provider !== provider || status !== 'ACTIVE') continue;
      if (ec2Instance.state === 'running') this.#dependencies.replace(provider);
      this.#drainAndTerminate(containerInstance);
    }
  }

  #drain(containerInstance: ContainerInstance): void {
    if (containerInstance.status !== 'ACTIVE') return;
    containerInstance.status = 'DRAINING';
    containerInstance.drainingSince = this.#kernel.now();
    containerInstance.version += 1;
    this.#draining.add(containerInstance.ec2Instance);
    this.#dependencies.onContainerInstanceChanged(containerInstance);
  }

  #terminate(instance: SimulatedInstance, stateReason?: 'Server.SpotInstanceTermination'): void {
    this.#draining.delete(instance);
    this.#dependencies.ec2Instances().terminate(instance, stateReason);
  }

  #later(ms: number, action: () => void): void {
    this.#kernel.after(ms, () => {
      if (!this.#draws.disabled) action();
    });
  }
}
