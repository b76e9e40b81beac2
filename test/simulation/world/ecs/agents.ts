import type { Kernel } from '../../kernel.ts';
import type { HazardDraws } from '../hazards.ts';
import { hostEnded } from '../reasons.ts';
import type { SimulatedInstance, SimulatedInstances } from '../simulated-instances.ts';
import { resourcesOf } from './capacity-providers.ts';
import { Docker } from './docker.ts';
import { REGION_AND_ACCOUNT } from './shapes.ts';
import type { TaskLifecycle } from './task-lifecycle.ts';
import type { ContainerInstance, Task } from './types.ts';

export interface AgentDependencies {
  readonly cluster: string;
  readonly lifecycle: TaskLifecycle;
  readonly ec2Instances: () => SimulatedInstances;
  onContainerInstanceChanged(containerInstance: ContainerInstance): void;
  onTaskChanged(task: Task): void;
  onRegistered(containerInstance: ContainerInstance): void;
  /** Called when the container instance accepts tasks. */
  placeWaitingTasks(containerInstance: ContainerInstance): void;
}

/** The ECS agents of EC2 instances, and the container instances that they register. */
export class Agents {
  readonly containerInstances = new Map<string, ContainerInstance>();
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

  /** The agent starts. It registers a new container instance, or, after a stop and start, reconnects under the same ARN. */
  onBooted(ec2Instance: SimulatedInstance): void {
    const registered = this.#byEc2Instance.get(ec2Instance);
    if (registered === undefined || registered.status === 'INACTIVE') {
      this.#register(ec2Instance);
      return;
    }
    for (const task of [...registered.tasks]) if (task.lostPower) this.#stopTask(task, 'stopped');
    this.connect(registered);
  }

  /** ECS may conclude that the tasks have ended as soon as EC2 begins to end their instance. */
  onEnding(ec2Instance: SimulatedInstance, how: 'stopped' | 'terminated'): void {
    const containerInstance = this.#byEc2Instance.get(ec2Instance);
    if (!containerInstance?.agentConnected || containerInstance.status === 'INACTIVE') return;
    if (!this.#draws.happens('endsEarly')) return;
    this.#kernel.after(this.#draws.secondsAsMs(1, 3), () => {
      for (const task of [...containerInstance.tasks]) {
        const ending = this.#draws.happens('endsWithoutWords') ? {} : hostEnded(ec2Instance.instanceId, how);
        this.#dependencies.lifecycle.concludeEarly(task, ending);
      }
    });
  }

  onPowerLost(ec2Instance: SimulatedInstance, how: 'stopped' | 'terminated' | 'hardware_failed'): void {
    const containerInstance = this.#byEc2Instance.get(ec2Instance);
    if (containerInstance === undefined || containerInstance.status === 'INACTIVE') return;
    const wasConnected = containerInstance.agentConnected;
    containerInstance.docker.reset();
    for (const task of containerInstance.tasks) this.#dependencies.lifecycle.onPowerLost(task);
    for (const task of containerInstance.concludedTasks) this.#dependencies.lifecycle.onPowerLost(task);
    containerInstance.concludedTasks.clear();
    if (how === 'terminated' && wasConnected) {
      this.#kernel.after(this.#draws.secondsAsMs(2, 60), () => this.#deregisterTerminated(containerInstance));
      return;
    }
    if (wasConnected) {
      this.#kernel.after(
        this.#draws.secondsAsMs(5, 120),
        () => !ec2Instance.powered && this.disconnect(containerInstance),
      );
    }
    if (how !== 'stopped' || !wasConnected) return;
    this.#kernel.after(this.#draws.secondsAsMs(2, 60), () => {
      if (!ec2Instance.powered) this.disconnect(containerInstance);
      this.#stopTasksWithoutContainer(containerInstance, how);
    });
  }

  connect(containerInstance: ContainerInstance): void {
    const { agentConnected, status, ec2Instance } = containerInstance;
    if (agentConnected || status === 'INACTIVE' || !ec2Instance.powered) return;
    this.#setConnected(containerInstance, true);
    for (const task of [...containerInstance.tasks]) this.#dependencies.lifecycle.onAgentReconnected(task);
    this.#dependencies.placeWaitingTasks(containerInstance);
  }

  disconnect(containerInstance: ContainerInstance): void {
    if (!containerInstance.agentConnected) return;
    this.#setConnected(containerInstance, false);
  }

  /** DeregisterContainerInstance. ECS reports the tasks as stopped, but their containers keep running. */
  deregister(containerInstance: ContainerInstance): void {
    containerInstance.status = 'INACTIVE';
    containerInstance.agentConnected = false;
    this.#publishChange(containerInstance);
    for (const task of [...containerInstance.tasks]) {
      this.#dependencies.lifecycle.stopWithoutAgent(task, {
        stoppedReason: 'Container instance deregistration forced by user.',
      });
    }
  }

  /** Repairs all instances and connects the agents of those that are powered. They stay connected. */
  disableHazards(): void {
    for (const containerInstance of this.containerInstances.values()) {
      containerInstance.docker.repair();
      this.connect(containerInstance);
    }
  }

  #register(ec2Instance: SimulatedInstance): void {
    const number = (this.containerInstances.size + 1).toString(16).padStart(32, '0');
    const containerInstance: ContainerInstance = {
      arn: `arn:aws:ecs:${REGION_AND_ACCOUNT}:container-instance/${this.#dependencies.cluster}/${number}`,
      ec2Instance,
      registeredAt: this.#kernel.now(),
      docker: new Docker(this.#kernel),
      status: 'ACTIVE',
      agentConnected: true,
      version: 1,
      free: resourcesOf(ec2Instance.spec.size),
      tasks: new Set(),
      concludedTasks: new Set(),
      idleSince: this.#kernel.now(),
    };
    this.containerInstances.set(containerInstance.arn, containerInstance);
    this.#byEc2Instance.set(ec2Instance, containerInstance);
    this.#publishChange(containerInstance);
    this.#dependencies.placeWaitingTasks(containerInstance);
    this.#scheduleFailures(containerInstance);
    this.#dependencies.onRegistered(containerInstance);
  }

  #scheduleFailures(containerInstance: ContainerInstance): void {
    const { ec2Instance } = containerInstance;
    if (this.#draws.happens('agentFlaps')) this.#scheduleDisconnect(containerInstance, 4);
    if (ec2Instance.spec.provider !== undefined && this.#draws.happens('deregisteredWhileRunning')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 1800), () => {
        if (!this.#draws.disabled && containerInstance.status !== 'INACTIVE' && ec2Instance.powered)
          this.deregister(containerInstance);
      });
    }
    this.#scheduleDockerFailures(containerInstance);
    if (this.#draws.happens('instanceReclaimed')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 5400), () => {
        if (!this.#draws.disabled && ec2Instance.state === 'running')
          this.#dependencies.ec2Instances().terminate(ec2Instance);
      });
    } else if (this.#draws.happens('instanceHardwareFails')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 5400), () => {
        if (!this.#draws.disabled) this.#dependencies.ec2Instances().failHardware(ec2Instance);
      });
    }
  }

  #scheduleDockerFailures({ docker }: ContainerInstance): void {
    if (this.#draws.happens('diskFull')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 1800), () => {
        if (!this.#draws.disabled) docker.diskFull = true;
      });
    }
    if (this.#draws.happens('dockerHangs')) {
      this.#kernel.after(this.#draws.secondsAsMs(60, 1800), () => {
        if (!this.#draws.disabled) docker.hang(this.#draws.secondsAsMs(300, 3600));
      });
    }
  }

  #scheduleDisconnect(containerInstance: ContainerInstance, times: number): void {
    if (times === 0 || this.#draws.disabled) return;
    this.#kernel.after(this.#draws.secondsAsMs(60, 1200), () => {
      if (this.#draws.disabled) return;
      this.disconnect(containerInstance);
      const isLong = this.#draws.happens('agentDisconnectedForLong');
      const silenceMs = isLong ? this.#draws.secondsAsMs(600, 3600) : this.#draws.secondsAsMs(5, 300);
      this.#kernel.after(silenceMs, () => {
        this.connect(containerInstance);
        this.#scheduleDisconnect(containerInstance, times - 1);
      });
    });
  }

  /** ECS deregisters a terminated instance itself if its agent was connected until the termination. */
  #deregisterTerminated(containerInstance: ContainerInstance): void {
    if (containerInstance.status === 'INACTIVE') return;
    this.#stopTasksWithoutContainer(containerInstance, 'terminated');
    containerInstance.status = 'INACTIVE';
    containerInstance.agentConnected = false;
    this.#publishChange(containerInstance);
  }

  #stopTasksWithoutContainer(containerInstance: ContainerInstance, how: 'stopped' | 'terminated'): void {
    for (const task of [...containerInstance.tasks]) {
      const hasNoContainer =
        task.lostPower || (task.containerState === 'waiting' && !containerInstance.ec2Instance.powered);
      if (hasNoContainer) this.#stopTask(task, how);
    }
  }

  #stopTask(task: Task, how: 'stopped' | 'terminated'): void {
    const instanceId = task.containerInstance?.ec2Instance.instanceId ?? '';
    this.#dependencies.lifecycle.stopWithoutAgent(task, hostEnded(instanceId, how));
  }

  #setConnected(containerInstance: ContainerInstance, connected: boolean): void {
    containerInstance.agentConnected = connected;
    this.#publishChange(containerInstance);
    if (this.#noEventForConnectivity) return;
    for (const task of containerInstance.tasks) {
      task.version += 1;
      this.#dependencies.onTaskChanged(task);
    }
  }

  #publishChange(containerInstance: ContainerInstance): void {
    containerInstance.version += 1;
    this.#dependencies.onContainerInstanceChanged(containerInstance);
  }
}
