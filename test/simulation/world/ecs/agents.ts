import type { Kernel } from '../../kernel.ts';
import type { Draws } from '../draws.ts';
import type { Machine, Machines } from '../machines.ts';
import { ACCOUNT } from './shapes.ts';
import type { TaskLife } from './task-life.ts';
import type { ContainerInstance, Task } from './types.ts';

export interface AgentSurroundings {
  readonly cluster: string;
  readonly life: TaskLife;
  readonly machines: () => Machines;
  instanceChanged(instance: ContainerInstance): void;
  taskChanged(task: Task): void;
  /** It takes tasks from now on. */
  canPlace(instance: ContainerInstance): void;
}

/** The agents on machines, and the container instances that ECS keeps of them. */
export class Agents {
  readonly instances = new Map<string, ContainerInstance>();
  readonly #byMachine = new Map<Machine, ContainerInstance>();
  readonly #kernel: Kernel;
  readonly #draws: Draws;
  readonly #around: AgentSurroundings;
  readonly #connectivityHasNoEvent: boolean;

  constructor(kernel: Kernel, draws: Draws, around: AgentSurroundings) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#around = around;
    this.#connectivityHasNoEvent = draws.happens('connectivityHasNoEvent');
  }

  /** The agent of a machine starts: it registers, or, after a stop and start, comes back under the same ARN. */
  booted(machine: Machine): void {
    const known = this.#byMachine.get(machine);
    if (known === undefined || known.status === 'INACTIVE') {
      this.#register(machine);
      return;
    }
    for (const task of [...known.tasks]) if (task.lostPower) this.#conclude(task, 'stopped');
    this.connect(known);
  }

  powerLost(machine: Machine, how: 'stopped' | 'terminated' | 'broken'): void {
    const instance = this.#byMachine.get(machine);
    if (instance === undefined || instance.status === 'INACTIVE') return;
    const wasConnected = instance.agentConnected;
    for (const task of instance.tasks) this.#around.life.powerLost(task);
    if (how === 'terminated' && wasConnected) {
      this.#kernel.after(this.#draws.seconds(2, 60), () => this.#ended(instance));
      return;
    }
    if (wasConnected) {
      this.#kernel.after(this.#draws.seconds(5, 120), () => !machine.powered && this.disconnect(instance));
    }
    if (how !== 'stopped' || !wasConnected) return;
    this.#kernel.after(this.#draws.seconds(2, 60), () => {
      if (!machine.powered) this.disconnect(instance);
      this.#concludeAll(instance, how);
    });
  }

  connect(instance: ContainerInstance): void {
    if (instance.agentConnected || instance.status === 'INACTIVE' || !instance.machine.powered) return;
    this.#setConnected(instance, true);
    for (const task of [...instance.tasks]) this.#around.life.agentBack(task);
    this.#around.canPlace(instance);
  }

  disconnect(instance: ContainerInstance): void {
    if (!instance.agentConnected) return;
    this.#setConnected(instance, false);
  }

  /** DeregisterContainerInstance. What runs on it is watched by nobody any more; it does not end by that. */
  deregister(instance: ContainerInstance): void {
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    this.#changed(instance);
    for (const task of [...instance.tasks]) {
      this.#around.life.concluded(task, {
        stoppedReason: 'Container instance deregistration forced by user.',
      });
    }
  }

  /** All that are powered are connected, and stay so. */
  beCalm(): void {
    for (const instance of this.instances.values()) this.connect(instance);
  }

  #register(machine: Machine): void {
    const number = (this.instances.size + 1).toString(16).padStart(32, '0');
    const instance: ContainerInstance = {
      arn: `arn:aws:ecs:${ACCOUNT}:container-instance/${this.#around.cluster}/${number}`,
      machine,
      registeredAt: this.#kernel.now(),
      status: 'ACTIVE',
      agentConnected: true,
      version: 1,
      free: { ...machine.spec.size },
      tasks: new Set(),
      idleSince: this.#kernel.now(),
    };
    this.instances.set(instance.arn, instance);
    this.#byMachine.set(machine, instance);
    this.#changed(instance);
    this.#around.canPlace(instance);
    this.#planTrouble(instance);
  }

  #planTrouble(instance: ContainerInstance): void {
    const { machine } = instance;
    if (this.#draws.happens('agentIsFlaky')) this.#planSilence(instance, 4);
    if (machine.spec.provider !== undefined && this.#draws.happens('deregisteredAlive')) {
      this.#kernel.after(this.#draws.seconds(60, 1800), () => {
        if (!this.#draws.calm && instance.status !== 'INACTIVE' && machine.powered) this.deregister(instance);
      });
    }
    if (this.#draws.happens('machineDies')) {
      this.#kernel.after(this.#draws.seconds(60, 5400), () => {
        if (!this.#draws.calm && machine.state === 'running') this.#around.machines().terminate(machine);
      });
    } else if (this.#draws.happens('machineBreaks')) {
      this.#kernel.after(this.#draws.seconds(60, 5400), () => {
        if (!this.#draws.calm) this.#around.machines().break(machine);
      });
    }
  }

  #planSilence(instance: ContainerInstance, times: number): void {
    if (times === 0 || this.#draws.calm) return;
    this.#kernel.after(this.#draws.seconds(60, 1200), () => {
      if (this.#draws.calm) return;
      this.disconnect(instance);
      const long = this.#draws.happens('agentIsSilentLong');
      const silence = long ? this.#draws.seconds(600, 3600) : this.#draws.seconds(5, 300);
      this.#kernel.after(silence, () => {
        this.connect(instance);
        this.#planSilence(instance, times - 1);
      });
    });
  }

  /** The machine is terminated and its agent had been connected to the last: ECS deregisters it by itself. */
  #ended(instance: ContainerInstance): void {
    if (instance.status === 'INACTIVE') return;
    this.#concludeAll(instance, 'terminated');
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    this.#changed(instance);
  }

  #concludeAll(instance: ContainerInstance, how: 'stopped' | 'terminated'): void {
    for (const task of [...instance.tasks]) {
      const nothingThere = task.lostPower || (task.onMachine === 'waiting' && !instance.machine.powered);
      if (nothingThere) this.#conclude(task, how);
    }
  }

  #conclude(task: Task, how: 'stopped' | 'terminated'): void {
    const instanceId = task.instance?.machine.instanceId;
    this.#around.life.concluded(task, {
      stopCode: how === 'stopped' ? 'InfrastructureHealth' : 'TerminationNotice',
      stoppedReason: `Host EC2 (instance ${instanceId}) ${how}.`,
    });
  }

  #setConnected(instance: ContainerInstance, connected: boolean): void {
    instance.agentConnected = connected;
    this.#changed(instance);
    if (this.#connectivityHasNoEvent) return;
    for (const task of instance.tasks) {
      task.version += 1;
      this.#around.taskChanged(task);
    }
  }

  #changed(instance: ContainerInstance): void {
    instance.version += 1;
    this.#around.instanceChanged(instance);
  }
}
