import type { Kernel } from '../../kernel.ts';
import type { Container, Directory } from '../ground-truth.ts';
import type { HazardDraws } from '../hazards.ts';
import type { ContainerInstance, StopDetails, Task } from './types.ts';

/** What the life of tasks needs of the world around them. */
export interface TaskDependencies {
  /** A task changed: tell it by an event. */
  onTaskChanged(task: Task): void;
  onInstanceChanged(instance: ContainerInstance): void;
  /** A task has stopped and its place is free. */
  onCapacityFreed(instance: ContainerInstance): void;
  /** A task waits for capacity no longer. */
  cancelWaiting(task: Task): void;
  /** The directory behind the task's access point, made if it is not there; undefined when it cannot be mounted. */
  directoryFor(task: Task): Directory | undefined;
  startContainer(task: Task, instance: ContainerInstance, directory: Directory): Container;
  endContainer(container: Container): void;
}

/** A stopped task is known for an hour. */
const STOPPED_TASK_RETENTION_MS = 3_600_000;

/**
 * The life of tasks, seen from both ends: what ECS shows, and what the machine's agent does. The agent goes on
 * by itself while it is disconnected; ECS shows the last that it heard, and what it wants is not carried out.
 */
export class TaskLifecycle {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #dependencies: TaskDependencies;
  #addresses = 0;

  constructor(kernel: Kernel, draws: HazardDraws, dependencies: TaskDependencies) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#dependencies = dependencies;
  }

  /** Gives a task its place; its network interface takes some seconds. */
  place(task: Task, instance: ContainerInstance): void {
    task.instance = instance;
    instance.tasks.add(task);
    instance.idleSince = undefined;
    adjustFreeCapacity(instance, task, -1);
    instance.version += 1;
    this.#dependencies.onInstanceChanged(instance);
    this.#kernel.after(this.#draws.secondsAsMs(2, 10), () => {
      if (task.lastStatus !== 'PROVISIONING') return;
      this.#addresses += 1;
      task.address = `10.${(this.#addresses >> 16) & 255}.${(this.#addresses >> 8) & 255}.${this.#addresses & 255}`;
      this.#change(task, { lastStatus: 'PENDING' });
      if (isReachable(instance)) this.#accept(task, instance);
    });
  }

  /** StopTask. */
  requestStop(task: Task, reason: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    const now = this.#kernel.now();
    const { instance } = task;
    task.desiredStatus = 'STOPPED';
    task.desiredStatusListedAt =
      now + (this.#draws.happens('listIsStale') ? this.#draws.secondsAsMs(1, 10) : 0);
    task.stopCode = 'UserInitiated';
    task.stoppedReason = reason;
    task.stoppingAt = now;
    if (instance === undefined) {
      this.#dependencies.cancelWaiting(task);
      this.#finish(task, { stoppedReason: reason }, this.#draws.secondsAsMs(1, 5));
      return;
    }
    const connected = isReachable(instance);
    this.#change(task, connected && task.lastStatus === 'RUNNING' ? { lastStatus: 'DEACTIVATING' } : {});
    if (connected) this.#deliverStop(task);
  }

  /** It has waited for capacity for too long. */
  failWaitingTask(task: Task): void {
    if (task.instance !== undefined || task.desiredStatus === 'STOPPED') return;
    this.#dependencies.cancelWaiting(task);
    const stoppedReason = this.#draws.pick([
      'RESOURCE:MEMORY',
      'EMPTY CAPACITY PROVIDER',
      'NO ACTIVE INSTANCES',
    ]);
    this.#finish(task, { stopCode: 'TaskFailedToStart', stoppedReason }, 0);
  }

  /** The agent is connected again: it hears what is wanted, and tells what it has not. */
  onAgentReconnected(task: Task): void {
    const { unreported: untold, instance } = task;
    if (instance === undefined || task.lastStatus === 'STOPPED') return;
    delete task.unreported;
    if (untold?.ending !== undefined) {
      this.#finish(task, untold.ending, this.#draws.secondsAsMs(1, 5));
      return;
    }
    if (untold?.status !== undefined) this.#change(task, { lastStatus: untold.status });
    if (task.containerState === 'waiting' && task.lastStatus === 'PENDING') this.#accept(task, instance);
    else if (task.desiredStatus === 'STOPPED') this.#deliverStop(task);
  }

  /** Its machine has lost its power. What ECS makes of it is another matter. */
  onPowerLost(task: Task): void {
    if (task.containerState === 'waiting') return;
    task.containerState = 'ended';
    task.lostPower = true;
    delete task.unreported;
  }

  /** ECS learns, not from the agent, that there is nothing left of it. */
  stopWithoutAgent(task: Task, ending: StopDetails): void {
    task.containerState = 'ended';
    this.#markStopped(task, ending);
  }

  #accept(task: Task, instance: ContainerInstance): void {
    if (task.desiredStatus === 'STOPPED') {
      this.#reportEnded(task, { stoppedReason: 'Task stopped before it started' });
      return;
    }
    task.containerState = 'starting';
    this.#kernel.after(this.#draws.secondsAsMs(2, 40), () => {
      if (task.containerState !== 'starting') return;
      if (task.stopDelivered) {
        this.#reportEnded(task, { stoppedReason: 'Task stopped before it started' });
        return;
      }
      this.#startContainer(task, instance);
    });
  }

  #startContainer(task: Task, instance: ContainerInstance): void {
    if (this.#draws.happens('imagePullFails')) {
      this.#failToStart(task, 'CannotPullContainerError: pull image manifest has been retried 5 time(s)');
      return;
    }
    const directory = this.#draws.happens('mountFails') ? undefined : this.#dependencies.directoryFor(task);
    if (directory === undefined) {
      this.#failToStart(task, 'CannotCreateVolumeError: EFS mount target is not ready');
      return;
    }
    task.containerState = 'up';
    task.container = this.#dependencies.startContainer(task, instance, directory);
    if (this.#draws.happens('exitsAtBoot')) {
      this.#scheduleExit(task, this.#draws.secondsAsMs(1, 10), { exitCode: 1 });
    } else if (!this.#draws.happens('neverHealthy')) {
      this.#kernel.after(this.#draws.secondsAsMs(3, 30), () => this.#becomeHealthy(task));
    }
  }

  #becomeHealthy(task: Task): void {
    if (task.containerState !== 'up' || task.stopDelivered) return;
    this.#report(task, 'ACTIVATING');
    this.#report(task, 'RUNNING');
    if (this.#draws.happens('containerExits')) {
      this.#scheduleExit(task, this.#draws.secondsAsMs(30, 3600), { exitCode: 0 });
    } else if (this.#draws.happens('outOfMemory')) {
      const containerReason = 'OutOfMemoryError: Container killed due to memory usage';
      this.#scheduleExit(task, this.#draws.secondsAsMs(30, 3600), { exitCode: 137, containerReason });
    }
  }

  #scheduleExit(task: Task, ms: number, how: Pick<StopDetails, 'exitCode' | 'containerReason'>): void {
    this.#kernel.after(ms, () => {
      if (task.containerState !== 'up' || (this.#draws.disabled && task.lastStatus === 'RUNNING')) return;
      this.#endContainer(task);
      this.#reportEnded(task, {
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        ...how,
      });
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
    this.#kernel.after(this.#draws.secondsAsMs(1, 30), () => {
      if (task.containerState !== 'ending') return;
      const shownIn = this.#draws.secondsAsMs(1, 5);
      const outlives = this.#draws.happens('containerOutlivesStop')
        ? shownIn + this.#draws.secondsAsMs(1, 4)
        : 0;
      if (outlives === 0) this.#endContainer(task);
      else this.#kernel.after(outlives, () => this.#endContainer(task));
      this.#reportEnded(task, { stoppedReason: 'Task stopped by user', exitCode: 143 }, shownIn);
    });
  }

  #failToStart(task: Task, containerReason: string): void {
    this.#reportEnded(task, {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containerReason,
    });
  }

  /** As the agent knows; it tells at once, or when it is connected again. */
  #reportEnded(task: Task, ending: StopDetails, shownIn = this.#draws.secondsAsMs(1, 5)): void {
    task.containerState = 'ended';
    if (task.instance !== undefined && isReachable(task.instance)) this.#finish(task, ending, shownIn);
    else task.unreported = { ending };
  }

  #report(task: Task, lastStatus: Task['lastStatus']): void {
    if (task.instance !== undefined && isReachable(task.instance)) this.#change(task, { lastStatus });
    else task.unreported = { status: lastStatus };
  }

  #finish(task: Task, ending: StopDetails, shownIn: number): void {
    if (task.lastStatus === 'STOPPED') return;
    this.#change(task, { lastStatus: 'DEPROVISIONING' });
    if (shownIn === 0) this.#markStopped(task, ending);
    else this.#kernel.after(shownIn, () => this.#markStopped(task, ending));
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
    task.stoppedReason ??= stoppedReason;
    if (exitCode !== undefined) task.exitCode = exitCode;
    if (containerReason !== undefined) task.containerReason = containerReason;
    this.#change(task, { lastStatus: 'STOPPED' });
    const { instance } = task;
    if (instance === undefined || !instance.tasks.delete(task)) return;
    adjustFreeCapacity(instance, task, 1);
    if (instance.tasks.size === 0) instance.idleSince = now;
    if (instance.status === 'INACTIVE') return;
    instance.version += 1;
    this.#dependencies.onInstanceChanged(instance);
    this.#dependencies.onCapacityFreed(instance);
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

/** Connected as ECS sees it, and really there. */
function isReachable({ agentConnected, ec2Instance: machine }: ContainerInstance): boolean {
  return agentConnected && machine.powered;
}

function adjustFreeCapacity({ free }: ContainerInstance, { size }: Task, sign: 1 | -1): void {
  free.cpuUnits += sign * size.cpuUnits;
  free.memoryMib += sign * size.memoryMib;
  free.gpuCount += sign * size.gpuCount;
}
