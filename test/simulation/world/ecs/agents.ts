import type { Kernel } from '../../kernel.ts';
import type { HazardDraws } from '../hazards.ts';
import type { SimulatedInstance, SimulatedInstances } from '../simulated-instances.ts';
import { REGION_AND_ACCOUNT } from './shapes.ts';
import type { TaskLifecycle } from './task-lifecycle.ts';
import type { ContainerInstance, Task } from './types.ts';

export interface AgentDependencies {
  readonly cluster: string;
  readonly lifecycle: TaskLifecycle;
  readonly ec2Instances: () => SimulatedInstances;
  onInstanceChanged(instance: ContainerInstance): void;
  onTaskChanged(task: Task): void;
  /** It takes tasks from now on. */
  placeWaitingTasks(instance: ContainerInstance): void;
}

/** The agents on machines, and the container instances that ECS keeps of them. */
export class Agents {
  readonly instances = new Map<string, ContainerInstance>();
  readonly #byEc2Instance = new Map<SimulatedInstance, ContainerInstance>();
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #dependencies: AgentDependencies;
  readonly #noEventForConnectivity: boolean;

  constructor(kernel: Kernel, draws: HazardDraws, dependencies: AgentDependencies) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#dependencies = dependencies;
    this.#noEventForConnectivity = draws.happens('noEventForConnectivity');
  }

  /** The agent of a machine starts: it registers, or, after a stop and start, comes back under the same ARN. */
  onBooted(machine: SimulatedInstance): void {
    const known = this.#byEc2Instance.get(machine);
    if (known === undefined || known.status === 'INACTIVE') {
      this.#register(machine);
      return;
    }
    for (const task of [...known.tasks]) if (task.lostPower) this.#stopTask(task, 'stopped');
    this.connect(known);
  }

  onPowerLost(machine: SimulatedInstance, how: 'stopped' | 'terminated' | 'broken'): void {
    const instance = this.#byEc2Instance.get(machine);
    if (instance === undefined || instance.status === 'INACTIVE') return;
    const wasConnected = instance.agentConnected;
    for (const task of instance.tasks) this.#dependencies.lifecycle.onPowerLost(task);
    if (how === 'terminated' && wasConnected) {
      this.#kernel.after(this.#draws.secondsAsMs(2, 60), () => this.#deregisterTerminatedInstances(instance));
      return;
    }
    if (wasConnected) {
      this.#kernel.after(
        this.#draws.secondsAsMs(5, 120),
        () => !machine.powered && this.disconnect(instance),
      );
    }
    if (how !== 'stopped' || !wasConnected) return;
    this.#kernel.after(this.#draws.secondsAsMs(2, 60), () => {
      if (!machine.powered) this.disconnect(instance);
      this.#stopAllTasks(instance, how);
    });
  }

  connect(instance: ContainerInstance): void {
    if (instance.agentConnected || instance.status === 'INACTIVE' || !instance.ec2Instance.powered) return;
    this.#setConnected(instance, true);
    for (const task of [...instance.tasks]) this.#dependencies.lifecycle.onAgentReconnected(task);
    this.#dependencies.placeWaitingTasks(instance);
  }

  disconnect(instance: ContainerInstance): void {
    if (!instance.agentConnected) return;
    this.#setConnected(instance, false);
  }

  /** DeregisterContainerInstance. What runs on it is watched by nobody any more; it does not end by that. */
  deregister(instance: ContainerInstance): void {
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    this.#publishChange(instance);
    for (const task of [...instance.tasks]) {
      this.#dependencies.lifecycle.stopWithoutAgent(task, {
        stoppedReason: 'Container instance deregistration forced by user.',
      });
    }
  }

  /** All that are powered are connected, and stay so. */
  disableHazards(): void {
    for (const instance of this.instances.values()) this.connect(instance);
  }

  #register(machine: SimulatedInstance): void {
    const number = (this.instances.size + 1).toString(16).padStart(32, '0');
    const instance: ContainerInstance = {
      arn: `arn:aws:ecs:${REGION_AND_ACCOUNT}:container-instance/${this.#dependencies.cluster}/${number}`,
      ec2Instance: machine,
      registeredAt: this.#kernel.now(),
      status: 'ACTIVE',
      agentConnected: true,
      version: 1,
      free: { ...machine.spec.size },
      tasks: new Set(),
      idleSince: this.#kernel.now(),
    };
    this.instances.set(instance.arn, instance);
    this.#byEc2Instance.set(machine, instance);
    this.#publishChange(instance);
    this.#dependencies.placeWaitingTasks(instance);
    this.#scheduleFailures(instance);
  }

  #scheduleFailures(instance: ContainerInstance): void {
    const { ec2Instance: machine } = instance;
    if (this.#draws.happens('agentFlaps')) this.#scheduleDisconnect(instance, 4);
    if (machine.spec.provider !== undefined && this.#draws.happens('deregisteredWhileRunning')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 1800), () => {
        if (!this.#draws.disabled && instance.status !== 'INACTIVE' && machine.powered)
          this.deregister(instance);
      });
    }
    if (this.#draws.happens('instanceReclaimed')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 5400), () => {
        if (!this.#draws.disabled && machine.state === 'running')
          this.#dependencies.ec2Instances().terminate(machine);
      });
    } else if (this.#draws.happens('instanceHardwareFails')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 5400), () => {
        if (!this.#draws.disabled) this.#dependencies.ec2Instances().failHardware(machine);
      });
    }
  }

  #scheduleDisconnect(instance: ContainerInstance, times: number): void {
    if (times === 0 || this.#draws.disabled) return;
    this.#kernel.after(this.#draws.secondsAsMs(60, 1200), () => {
      if (this.#draws.disabled) return;
      this.disconnect(instance);
      const long = this.#draws.happens('agentSilentForLong');
      const silence = long ? this.#draws.secondsAsMs(600, 3600) : this.#draws.secondsAsMs(5, 300);
      this.#kernel.after(silence, () => {
        this.connect(instance);
        this.#scheduleDisconnect(instance, times - 1);
      });
    });
  }

  /** The machine is terminated and its agent had been connected to the last: ECS deregisters it by itself. */
  #deregisterTerminatedInstances(instance: ContainerInstance): void {
    if (instance.status === 'INACTIVE') return;
    this.#stopAllTasks(instance, 'terminated');
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    this.#publishChange(instance);
  }

  #stopAllTasks(instance: ContainerInstance, how: 'stopped' | 'terminated'): void {
    for (const task of [...instance.tasks]) {
      const nothingThere =
        task.lostPower || (task.containerState === 'waiting' && !instance.ec2Instance.powered);
      if (nothingThere) this.#stopTask(task, how);
    }
  }

  #stopTask(task: Task, how: 'stopped' | 'terminated'): void {
    const instanceId = task.instance?.ec2Instance.instanceId;
    this.#dependencies.lifecycle.stopWithoutAgent(task, {
      stopCode: how === 'stopped' ? 'InfrastructureHealth' : 'TerminationNotice',
      stoppedReason: `Host EC2 (instance ${instanceId}) ${how}.`,
    });
  }

  #setConnected(instance: ContainerInstance, connected: boolean): void {
    instance.agentConnected = connected;
    this.#publishChange(instance);
    if (this.#noEventForConnectivity) return;
    for (const task of instance.tasks) {
      task.version += 1;
      this.#dependencies.onTaskChanged(task);
    }
  }

  #publishChange(instance: ContainerInstance): void {
    instance.version += 1;
    this.#dependencies.onInstanceChanged(instance);
  }
}
