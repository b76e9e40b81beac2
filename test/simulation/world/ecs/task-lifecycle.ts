import type { Kernel } from '../../kernel.ts';
import type { Container, Directory } from '../ground-truth.ts';
import type { HazardDraws } from '../hazards.ts';
import { TASK_REASONS } from '../reasons.ts';
import { returnResources, takeResources } from './capacity-providers.ts';
import { PLUGIN_TIMEOUT_MS } from './docker.ts';
import { TaskAddresses } from './task-addresses.ts';
import type { ContainerInstance, StopDetails, Task } from './types.ts';

/** What the task life cycle needs from the rest of the world. */
export interface TaskDependencies {
  /** Publishes the event of a task that has changed. */
  onTaskChanged(task: Task): void;
  onContainerInstanceChanged(containerInstance: ContainerInstance): void;
  /** Called when a task has stopped and its capacity is free. */
  onCapacityFreed(containerInstance: ContainerInstance): void;
  /** Removes a task from the queue of tasks that wait for capacity. */
  cancelWaiting(task: Task): void;
  /** Returns the directory of the task's access point, and creates it if needed; undefined if it cannot be mounted. */
  directoryFor(task: Task): Directory | undefined;
  startContainer(task: Task, containerInstance: ContainerInstance, directory: Directory): Container;
  endContainer(container: Container): void;
  /** Detaches the volume of a container. Does nothing if the container has ended. */
  endMount(container: Container): void;
}

/** ECS returns a stopped task for one hour. */
const STOPPED_TASK_RETENTION_MS = 3_600_000;
/** The interval at which the agent checks containers that wait for another one. */
const AGENT_CHECK_INTERVAL_MS = 5000;

/**
 * The life cycle of tasks: what ECS reports, and what the agent does. While an agent is disconnected, it continues its
 * work, ECS reports the last state that it received, and a stop request does not reach the agent.
 */
export class TaskLifecycle {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #dependencies: TaskDependencies;
  readonly #oneMountAtATime: boolean;
  readonly #hasCompanion: boolean;
  /** Tasks whose containers survived their stop. */
  readonly #givenUp = new Set<Task>();
  readonly #addresses: TaskAddresses;

  constructor(kernel: Kernel, draws: HazardDraws, dependencies: TaskDependencies) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#dependencies = dependencies;
    this.#oneMountAtATime = draws.happens('oneMountAtATime');
    this.#hasCompanion = draws.happens('companion');
    this.#addresses = new TaskAddresses(draws);
  }

  /** Returns the task that has an address, or had it last. */
  holderOf(address: string): Task | undefined {
    return this.#addresses.holderOf(address);
  }

  /** Places a task on a container instance. Its network interface takes some seconds. */
  place(task: Task, containerInstance: ContainerInstance): void {
    task.containerInstance = containerInstance;
    task.placedAt = this.#kernel.now();
    containerInstance.tasks.add(task);
    containerInstance.idleSince = undefined;
    takeResources(containerInstance.free, task.size);
    containerInstance.version += 1;
    this.#dependencies.onContainerInstanceChanged(containerInstance);
    if (this.#draws.happens('interfaceTimesOut')) {
      const ending = TASK_REASONS.interfaceTimesOut;
      this.#kernel.after(this.#draws.secondsAsMs(60, 300), () => this.#failInterface(task, ending));
      return;
    }
    this.#kernel.after(this.#draws.delayMs(this.#draws.timing.interfaceAttach), () => {
      if (task.lastStatus !== 'PROVISIONING') return;
      if (this.#draws.happens('interfaceIndexUsed')) {
        this.#failInterface(task, TASK_REASONS.interfaceIndexUsed);
        return;
      }
      task.address = this.#addresses.assign(task);
      this.#change(task, { lastStatus: 'PENDING' });
      if (isReachable(containerInstance)) this.#accept(task, containerInstance);
    });
  }

  /** ECS attaches network interfaces. An agent that is disconnected does not delay the failure. */
  #failInterface(task: Task, ending: StopDetails): void {
    if (task.lastStatus !== 'PROVISIONING') return;
    task.containerState = 'ended';
    this.#finish(task, ending, this.#draws.secondsAsMs(1, 5));
  }

  /** StopTask. */
  requestStop(task: Task, reason: string): void {
    this.#stop(task, { stopCode: 'UserInitiated', stoppedReason: reason });
  }

  /** ECS stops a task before a Spot interruption. */
  interrupt(task: Task): void {
    this.#stop(task, TASK_REASONS.spotInterrupted);
  }

  #stop(
    task: Task,
    { stopCode, stoppedReason }: { readonly stopCode: string; readonly stoppedReason: string },
  ): void {
    if (task.desiredStatus === 'STOPPED') return;
    const now = this.#kernel.now();
    const { containerInstance } = task;
    task.desiredStatus = 'STOPPED';
    task.desiredStatusListedAt =
      now + (this.#draws.happens('listIsStale') ? this.#draws.secondsAsMs(1, 10) : 0);
    task.stopCode = stopCode;
    task.stoppedReason = stoppedReason;
    task.stoppingAt = now;
    if (containerInstance === undefined) {
      this.#dependencies.cancelWaiting(task);
      this.#finish(task, { stoppedReason }, this.#draws.secondsAsMs(1, 5));
      return;
    }
    const connected = isReachable(containerInstance);
    this.#change(task, connected && task.lastStatus === 'RUNNING' ? { lastStatus: 'DEACTIVATING' } : {});
    if (connected) this.#deliverStop(task);
  }

  /** Stops a task that has waited too long for capacity. */
  failWaitingTask(task: Task): void {
    if (task.containerInstance !== undefined || task.desiredStatus === 'STOPPED') return;
    this.#dependencies.cancelWaiting(task);
    const stoppedReason = this.#draws.pick([
      'RESOURCE:MEMORY',
      'EMPTY CAPACITY PROVIDER',
      'NO ACTIVE INSTANCES',
    ]);
    this.#finish(task, { stopCode: 'TaskFailedToStart', stoppedReason }, 0);
  }

  /** The agent reports what happened while it was disconnected, and receives a pending stop request. */
  onAgentReconnected(task: Task): void {
    const { unreported, containerInstance } = task;
    if (containerInstance === undefined || task.lastStatus === 'STOPPED') return;
    delete task.unreported;
    if (unreported?.ending !== undefined) {
      this.#finish(task, unreported.ending, this.#draws.secondsAsMs(1, 5));
      return;
    }
    if (unreported?.status !== undefined) this.#change(task, { lastStatus: unreported.status });
    if (task.containerState === 'waiting' && task.lastStatus === 'PENDING')
      this.#accept(task, containerInstance);
    else if (task.desiredStatus === 'STOPPED') this.#deliverStop(task);
  }

  /** The instance has lost power, so the container has ended. ECS learns of it later, or never. */
  onPowerLost(task: Task): void {
    if (task.containerState === 'waiting') return;
    task.containerState = 'ended';
    task.lostPower = true;
    delete task.unreported;
  }

  /** Marks a task as stopped without a report of its agent. */
  stopWithoutAgent(task: Task, ending: StopDetails): void {
    task.containerState = 'ended';
    this.#markStopped(task, ending);
  }

  /** Marks a task as stopped although its container runs until the instance loses power. */
  concludeEarly(task: Task, ending: StopDetails): void {
    task.containerInstance?.concludedTasks.add(task);
    this.#markStopped(task, ending);
  }

  /** Ends the containers that survived their stop. */
  disableHazards(): void {
    for (const task of this.#givenUp) this.#endContainer(task);
    this.#givenUp.clear();
  }

  #accept(task: Task, containerInstance: ContainerInstance): void {
    if (task.desiredStatus === 'STOPPED') {
      this.#reportEnded(task, { stoppedReason: 'Task stopped before it started' });
      return;
    }
    task.containerState = 'starting';
    const { pull, firstPull } = this.#draws.timing;
    const pullMs = this.#draws.delayMs(containerInstance.docker.hasImage ? pull : firstPull);
    const slowPullMs = this.#draws.happens('pullSlow') ? this.#draws.secondsAsMs(60, 240) : 0;
    this.#continueStart(task, pullMs + slowPullMs, () => this.#createContainer(task, containerInstance));
  }

  /** Continues the start of a container after `ms`, unless the task has ended or is to stop. */
  #continueStart(task: Task, ms: number, next: () => void): void {
    const proceed = () => {
      if (task.containerState !== 'starting') return;
      if (task.stopDelivered) this.#reportEnded(task, { stoppedReason: 'Task stopped before it started' });
      else next();
    };
    if (ms === 0) proceed();
    else this.#whenDockerResponds(task, ms, proceed);
  }

  /** Runs the action after `ms`, and not before Docker responds. */
  #whenDockerResponds({ containerInstance }: Task, ms: number, action: () => void): void {
    this.#kernel.after(ms, () => containerInstance?.docker.whenItResponds(action));
  }

  #createContainer(task: Task, containerInstance: ContainerInstance): void {
    const failure = this.#pullFailure(containerInstance);
    if (failure !== undefined) this.#reportEnded(task, failure);
    else {
      containerInstance.docker.hasImage = true;
      if (containerInstance.docker.diskFull) this.#reportEnded(task, TASK_REASONS.diskFull);
      else this.#mountVolume(task, containerInstance, this.#draws.timing.mountsPerStart);
    }
  }

  #pullFailure({ docker }: ContainerInstance): StopDetails | undefined {
    if (this.#draws.happens('imagePullFails')) return TASK_REASONS.imagePullFails;
    if (this.#draws.happens('pullThrottled')) return TASK_REASONS.pullThrottled;
    if (!docker.registryReachable) return TASK_REASONS.registryUnreachable;
    if (!this.#draws.happens('pullFails')) return undefined;
    const lasts = this.#draws.pick([false, true]);
    if (lasts) docker.loseRegistry(this.#draws.secondsAsMs(60, 1800));
    return TASK_REASONS.registryUnreachable;
  }

  /** Without a hazard a mount takes no time of its own; it is part of the delay before. */
  #mountVolume(task: Task, containerInstance: ContainerInstance, times: number): void {
    const { docker } = containerInstance;
    const waitMs = this.#oneMountAtATime ? docker.lockWaitMs : 0;
    if (waitMs > PLUGIN_TIMEOUT_MS) {
      // `docker create` asks the plugin for the volume and waits for the lock, too. Its volume is never mounted.
      const fail = () => this.#reportEnded(task, TASK_REASONS.mountTimesOut);
      this.#continueStart(task, PLUGIN_TIMEOUT_MS, fail);
      return;
    }
    const mountMs = this.#drawMountMs();
    if (this.#oneMountAtATime) docker.lockForMount(mountMs);
    const timesOut = mountMs > PLUGIN_TIMEOUT_MS;
    this.#continueStart(task, waitMs + Math.min(mountMs, PLUGIN_TIMEOUT_MS), () => {
      if (timesOut) this.#reportEnded(task, TASK_REASONS.mountTooSlow);
      else if (times > 1) this.#mountVolume(task, containerInstance, times - 1);
      else this.#startContainer(task, containerInstance);
    });
  }

  #drawMountMs(): number {
    if (this.#draws.happens('mountSlow')) return this.#draws.secondsAsMs(15, 72);
    return this.#oneMountAtATime ? this.#draws.delayMs(this.#draws.timing.mount) : 0;
  }

  #startContainer(task: Task, containerInstance: ContainerInstance): void {
    const directory = this.#draws.happens('mountFails') ? undefined : this.#dependencies.directoryFor(task);
    if (directory === undefined) {
      this.#reportEnded(task, TASK_REASONS.mountRefused);
      return;
    }
    task.containerState = 'up';
    task.container = this.#dependencies.startContainer(task, containerInstance, directory);
    if (this.#draws.happens('exitsAtBoot')) {
      this.#scheduleExit(task, this.#draws.secondsAsMs(1, 10), { exitCode: 1 });
    } else if (!this.#draws.happens('neverHealthy')) {
      this.#whenDockerResponds(task, this.#drawHealthyMs(), () => this.#becomeHealthy(task));
    }
  }

  /** From the start of the container to its first successful probe. */
  #drawHealthyMs(): number {
    const { boot, probeIntervalMs } = this.#draws.timing;
    const bootMs = this.#draws.delayMs(boot);
    return probeIntervalMs === 0 ? bootMs : Math.ceil(bootMs / probeIntervalMs) * probeIntervalMs;
  }

  #becomeHealthy(task: Task): void {
    if (task.containerState !== 'up' || task.stopDelivered) return;
    if (this.#hasCompanion) {
      this.#startCompanion(task);
      return;
    }
    this.#report(task, 'ACTIVATING');
    this.#run(task);
  }

  /** The agent checks the health of the container at fixed times. A health event does not wake it. */
  #startCompanion(task: Task): void {
    const sinceStart = this.#kernel.now() - (task.container?.startedAt ?? 0);
    const untilCheckMs = AGENT_CHECK_INTERVAL_MS - (sinceStart % AGENT_CHECK_INTERVAL_MS);
    const fails = this.#draws.happens('companionFails');
    const pullMs = fails
      ? this.#draws.secondsAsMs(60, 300)
      : this.#draws.delayMs(this.#draws.timing.companion);
    this.#whenDockerResponds(task, untilCheckMs + pullMs, () => {
      if (task.containerState !== 'up' || task.stopDelivered) return;
      if (fails) task.companionReason = TASK_REASONS.companionFails.containerReason;
      this.#run(task);
    });
  }

  #run(task: Task): void {
    this.#report(task, 'RUNNING');
    if (this.#draws.happens('containerExits')) {
      this.#scheduleExit(task, this.#draws.secondsAsMs(30, 3600), { exitCode: 0 });
    } else if (this.#draws.happens('outOfMemory')) {
      this.#scheduleExit(task, this.#draws.secondsAsMs(30, 3600), TASK_REASONS.outOfMemory);
    }
  }

  #scheduleExit(task: Task, ms: number, how: Pick<StopDetails, 'exitCode' | 'containerReason'>): void {
    this.#kernel.after(ms, () => {
      if (task.containerState !== 'up' || (this.#draws.disabled && task.lastStatus === 'RUNNING')) return;
      this.#endContainer(task);
      task.containerState = 'ended';
      const ending = {
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        ...how,
      };
      // The agent learns of the exit from Docker.
      task.containerInstance?.docker.whenItResponds(() => this.#reportEnded(task, ending));
    });
  }

  #deliverStop(task: Task): void {
    if (task.stopDelivered) return;
    task.stopDelivered = true;
    if (task.containerState === 'waiting' && task.lastStatus === 'PENDING') {
      this.#reportEnded(task, { stoppedReason: 'Task stopped before it started' });
    }
    if (task.containerState !== 'up') return;
    task.containerState = 'ending';
    this.#report(task, 'STOPPING');
    this.#whenDockerResponds(task, this.#draws.secondsAsMs(1, 30), () => {
      if (task.containerState !== 'ending') return;
      const reportDelayMs = this.#draws.secondsAsMs(1, 5);
      if (this.#draws.happens('stopGivenUp')) {
        this.#giveUpStop(task, reportDelayMs);
        return;
      }
      const outlivesMs = this.#draws.happens('containerOutlivesStop')
        ? reportDelayMs + this.#draws.secondsAsMs(1, 4)
        : 0;
      if (outlivesMs === 0) this.#endContainer(task);
      else this.#kernel.after(outlivesMs, () => this.#endContainer(task));
      this.#reportEnded(task, { stoppedReason: 'Task stopped by user', exitCode: 143 }, reportDelayMs);
    });
  }

  /** Without a network interface, the NFS client of the mount cannot reach EFS. */
  #giveUpStop(task: Task, reportDelayMs: number): void {
    task.stopGivenUp = true;
    this.#givenUp.add(task);
    this.#kernel.after(this.#draws.secondsAsMs(60, 1200), () => this.#endContainer(task));
    this.#reportEnded(task, TASK_REASONS.stopGivenUp, reportDelayMs);
  }

  /** Reports the end of a task: at once, or when the agent reconnects. */
  #reportEnded(task: Task, ending: StopDetails, reportDelayMs = this.#draws.secondsAsMs(1, 5)): void {
    task.containerState = 'ended';
    if (task.containerInstance !== undefined && isReachable(task.containerInstance))
      this.#finish(task, ending, reportDelayMs);
    else task.unreported = { ending };
  }

  #report(task: Task, lastStatus: Task['lastStatus']): void {
    if (task.lastStatus === 'STOPPED') return;
    if (task.containerInstance !== undefined && isReachable(task.containerInstance))
      this.#change(task, { lastStatus });
    else task.unreported = { status: lastStatus };
  }

  #finish(task: Task, ending: StopDetails, reportDelayMs: number): void {
    if (task.lastStatus === 'STOPPED') return;
    this.#change(task, { lastStatus: 'DEPROVISIONING' });
    const detachMs =
      task.address !== undefined && this.#draws.happens('interfaceDetachSlow')
        ? this.#draws.secondsAsMs(60, 600)
        : 0;
    const endingMs = Math.max(reportDelayMs, detachMs);
    const stop = () => {
      this.#markStopped(task, ending);
      if (task.stopGivenUp && task.container !== undefined) this.#dependencies.endMount(task.container);
    };
    if (endingMs === 0) stop();
    else this.#kernel.after(endingMs, stop);
  }

  #markStopped(task: Task, ending: StopDetails): void {
    if (task.lastStatus === 'STOPPED') return;
    const now = this.#kernel.now();
    if (task.desiredStatus !== 'STOPPED') task.desiredStatusListedAt = now;
    task.desiredStatus = 'STOPPED';
    task.stoppedAt = now;
    task.retainedUntil = now + STOPPED_TASK_RETENTION_MS;
    const { stopCode, stoppedReason, exitCode, containerReason } = ending;
    if (task.stopCode === undefined && stopCode !== undefined) task.stopCode = stopCode;
    if (task.stoppedReason === undefined && stoppedReason !== undefined) task.stoppedReason = stoppedReason;
    if (exitCode !== undefined) task.exitCode = exitCode;
    if (containerReason !== undefined) task.containerReason = containerReason;
    this.#change(task, { lastStatus: 'STOPPED' });
    const { containerInstance } = task;
    if (containerInstance === undefined || !containerInstance.tasks.delete(task)) return;
    returnResources(containerInstance.free, task.size);
    if (containerInstance.tasks.size === 0) containerInstance.idleSince = now;
    if (containerInstance.status === 'INACTIVE') return;
    containerInstance.version += 1;
    this.#dependencies.onContainerInstanceChanged(containerInstance);
    this.#dependencies.onCapacityFreed(containerInstance);
  }

  #endContainer(task: Task): void {
    if (task.container !== undefined) this.#dependencies.endContainer(task.container);
  }

  #change(task: Task, change: { readonly lastStatus?: Task['lastStatus'] }): void {
    if (change.lastStatus !== undefined) task.lastStatus = change.lastStatus;
    if (change.lastStatus === 'RUNNING') task.startedAt = this.#kernel.now();
    task.version += 1;
    this.#dependencies.onTaskChanged(task);
  }
}

/** Whether ECS considers the agent connected and the instance has power. */
function isReachable({ agentConnected, ec2Instance }: ContainerInstance): boolean {
  return agentConnected && ec2Instance.powered;
}
