import type { Kernel } from '../../kernel.ts';
import type { Container, Directory } from '../ground-truth.ts';
import type { HazardDraws } from '../hazards.ts';
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
}

/** ECS returns a stopped task for one hour. */
const STOPPED_TASK_RETENTION_MS = 3_600_000;

/**
 * The life cycle of tasks: what ECS reports, and what the agent does. While an agent is disconnected, it continues its
 * work, ECS reports the last state that it received, and a stop request does not reach the agent.
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

  /** Places a task on a container instance. Its network interface takes some seconds. */
  place(task: Task, containerInstance: ContainerInstance): void {
    task.containerInstance = containerInstance;
    containerInstance.tasks.add(task);
    containerInstance.idleSince = undefined;
    adjustFreeCapacity(containerInstance, task, -1);
    containerInstance.version += 1;
    this.#dependencies.onContainerInstanceChanged(containerInstance);
    this.#kernel.after(this.#draws.secondsAsMs(2, 10), () => {
      if (task.lastStatus !== 'PROVISIONING') return;
      this.#addresses += 1;
      task.address = `10.${(this.#addresses >> 16) & 255}.${(this.#addresses >> 8) & 255}.${this.#addresses & 255}`;
      this.#change(task, { lastStatus: 'PENDING' });
      if (isReachable(containerInstance)) this.#accept(task, containerInstance);
    });
  }

  /** StopTask. */
  requestStop(task: Task, reason: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    const now = this.#kernel.now();
    const { containerInstance } = task;
    task.desiredStatus = 'STOPPED';
    task.desiredStatusListedAt =
      now + (this.#draws.happens('listIsStale') ? this.#draws.secondsAsMs(1, 10) : 0);
    task.stopCode = 'UserInitiated';
    task.stoppedReason = reason;
    task.stoppingAt = now;
    if (containerInstance === undefined) {
      this.#dependencies.cancelWaiting(task);
      this.#finish(task, { stoppedReason: reason }, this.#draws.secondsAsMs(1, 5));
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

  #accept(task: Task, containerInstance: ContainerInstance): void {
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
      this.#startContainer(task, containerInstance);
    });
  }

  #startContainer(task: Task, containerInstance: ContainerInstance): void {
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
    task.container = this.#dependencies.startContainer(task, containerInstance, directory);
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
      const reportDelayMs = this.#draws.secondsAsMs(1, 5);
      const outlivesMs = this.#draws.happens('containerOutlivesStop')
        ? reportDelayMs + this.#draws.secondsAsMs(1, 4)
        : 0;
      if (outlivesMs === 0) this.#endContainer(task);
      else this.#kernel.after(outlivesMs, () => this.#endContainer(task));
      this.#reportEnded(task, { stoppedReason: 'Task stopped by user', exitCode: 143 }, reportDelayMs);
    });
  }

  #failToStart(task: Task, containerReason: string): void {
    this.#reportEnded(task, {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containerReason,
    });
  }

  /** Reports the end of a task: at once, or when the agent reconnects. */
  #reportEnded(task: Task, ending: StopDetails, reportDelayMs = this.#draws.secondsAsMs(1, 5)): void {
    task.containerState = 'ended';
    if (task.containerInstance !== undefined && isReachable(task.containerInstance))
      this.#finish(task, ending, reportDelayMs);
    else task.unreported = { ending };
  }

  #report(task: Task, lastStatus: Task['lastStatus']): void {
    if (task.containerInstance !== undefined && isReachable(task.containerInstance))
      this.#change(task, { lastStatus });
    else task.unreported = { status: lastStatus };
  }

  #finish(task: Task, ending: StopDetails, reportDelayMs: number): void {
    if (task.lastStatus === 'STOPPED') return;
    this.#change(task, { lastStatus: 'DEPROVISIONING' });
    if (reportDelayMs === 0) this.#markStopped(task, ending);
    else this.#kernel.after(reportDelayMs, () => this.#markStopped(task, ending));
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
    const { containerInstance } = task;
    if (containerInstance === undefined || !containerInstance.tasks.delete(task)) return;
    adjustFreeCapacity(containerInstance, task, 1);
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

function adjustFreeCapacity({ free }: ContainerInstance, { size }: Task, sign: 1 | -1): void {
  free.cpuUnits += sign * size.cpuUnits;
  free.memoryMib += sign * size.memoryMib;
  free.gpuCount += sign * size.gpuCount;
}
