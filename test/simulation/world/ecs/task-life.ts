import type { Kernel } from '../../kernel.ts';
import type { Draws } from '../draws.ts';
import type { Container, Directory } from '../truth.ts';
import type { ContainerInstance, Ending, Task } from './types.ts';

/** What the life of tasks needs of the world around them. */
export interface TaskSurroundings {
  /** A task changed: tell it by an event. */
  taskChanged(task: Task): void;
  instanceChanged(instance: ContainerInstance): void;
  /** A task has stopped and its place is free. */
  placeFreed(instance: ContainerInstance): void;
  /** A task waits for capacity no longer. */
  noLongerWaits(task: Task): void;
  /** The directory behind the task's access point, made if it is not there; undefined when it cannot be mounted. */
  directoryFor(task: Task): Directory | undefined;
  containerBegins(task: Task, instance: ContainerInstance, directory: Directory): Container;
  containerEnds(container: Container): void;
}

/** A stopped task is known for an hour. */
const REMEMBERED_MS = 3_600_000;

/**
 * The life of tasks, seen from both ends: what ECS shows, and what the machine's agent does. The agent goes on
 * by itself while it is disconnected; ECS shows the last that it heard, and what it wants is not carried out.
 */
export class TaskLife {
  readonly #kernel: Kernel;
  readonly #draws: Draws;
  readonly #around: TaskSurroundings;
  #addresses = 0;

  constructor(kernel: Kernel, draws: Draws, around: TaskSurroundings) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#around = around;
  }

  /** Gives a task its place; its network interface takes some seconds. */
  place(task: Task, instance: ContainerInstance): void {
    task.instance = instance;
    instance.tasks.add(task);
    instance.idleSince = undefined;
    take(instance, task, -1);
    instance.version += 1;
    this.#around.instanceChanged(instance);
    this.#kernel.after(this.#draws.seconds(2, 10), () => {
      if (task.lastStatus !== 'PROVISIONING') return;
      this.#addresses += 1;
      task.address = `10.${(this.#addresses >> 16) & 255}.${(this.#addresses >> 8) & 255}.${this.#addresses & 255}`;
      this.#change(task, { lastStatus: 'PENDING' });
      if (reachable(instance)) this.#accept(task, instance);
    });
  }

  /** StopTask. */
  askToStop(task: Task, reason: string): void {
    if (task.desired === 'STOPPED') return;
    const now = this.#kernel.now();
    const { instance } = task;
    task.desired = 'STOPPED';
    task.desiredSeenAt = now + (this.#draws.happens('listLags') ? this.#draws.seconds(1, 10) : 0);
    task.stopCode = 'UserInitiated';
    task.stoppedReason = reason;
    task.stoppingAt = now;
    if (instance === undefined) {
      this.#around.noLongerWaits(task);
      this.#finish(task, { stoppedReason: reason }, this.#draws.seconds(1, 5));
      return;
    }
    const connected = reachable(instance);
    this.#change(task, connected && task.lastStatus === 'RUNNING' ? { lastStatus: 'DEACTIVATING' } : {});
    if (connected) this.#deliverStop(task);
  }

  /** It has waited for capacity for too long. */
  giveUp(task: Task): void {
    if (task.instance !== undefined || task.desired === 'STOPPED') return;
    this.#around.noLongerWaits(task);
    const stoppedReason = this.#draws.pick([
      'RESOURCE:MEMORY',
      'EMPTY CAPACITY PROVIDER',
      'NO ACTIVE INSTANCES',
    ]);
    this.#finish(task, { stopCode: 'TaskFailedToStart', stoppedReason }, 0);
  }

  /** The agent is connected again: it hears what is wanted, and tells what it has not. */
  agentBack(task: Task): void {
    const { untold, instance } = task;
    if (instance === undefined || task.lastStatus === 'STOPPED') return;
    delete task.untold;
    if (untold?.ending !== undefined) {
      this.#finish(task, untold.ending, this.#draws.seconds(1, 5));
      return;
    }
    if (untold?.status !== undefined) this.#change(task, { lastStatus: untold.status });
    if (task.onMachine === 'waiting' && task.lastStatus === 'PENDING') this.#accept(task, instance);
    else if (task.desired === 'STOPPED') this.#deliverStop(task);
  }

  /** Its machine has lost its power. What ECS makes of it is another matter. */
  powerLost(task: Task): void {
    if (task.onMachine === 'waiting') return;
    task.onMachine = 'ended';
    task.lostPower = true;
    delete task.untold;
  }

  /** ECS learns, not from the agent, that there is nothing left of it. */
  concluded(task: Task, ending: Ending): void {
    task.onMachine = 'ended';
    this.#stopped(task, ending);
  }

  #accept(task: Task, instance: ContainerInstance): void {
    if (task.desired === 'STOPPED') {
      this.#ended(task, { stoppedReason: 'Task stopped before it started' });
      return;
    }
    task.onMachine = 'starting';
    this.#kernel.after(this.#draws.seconds(2, 40), () => {
      if (task.onMachine !== 'starting') return;
      if (task.stopDelivered) {
        this.#ended(task, { stoppedReason: 'Task stopped before it started' });
        return;
      }
      this.#begin(task, instance);
    });
  }

  #begin(task: Task, instance: ContainerInstance): void {
    if (this.#draws.happens('pullFails')) {
      this.#failed(task, 'CannotPullContainerError: pull image manifest has been retried 5 time(s)');
      return;
    }
    const directory = this.#draws.happens('mountFails') ? undefined : this.#around.directoryFor(task);
    if (directory === undefined) {
      this.#failed(task, 'CannotCreateVolumeError: EFS mount target is not ready');
      return;
    }
    task.onMachine = 'up';
    task.container = this.#around.containerBegins(task, instance, directory);
    if (this.#draws.happens('exitsAtBoot')) {
      this.#exitsIn(task, this.#draws.seconds(1, 10), { exitCode: 1 });
    } else if (!this.#draws.happens('neverHealthy')) {
      this.#kernel.after(this.#draws.seconds(3, 30), () => this.#healthy(task));
    }
  }

  #healthy(task: Task): void {
    if (task.onMachine !== 'up' || task.stopDelivered) return;
    this.#report(task, 'ACTIVATING');
    this.#report(task, 'RUNNING');
    if (this.#draws.happens('exits')) {
      this.#exitsIn(task, this.#draws.seconds(30, 3600), { exitCode: 0 });
    } else if (this.#draws.happens('outOfMemory')) {
      const containerReason = 'OutOfMemoryError: Container killed due to memory usage';
      this.#exitsIn(task, this.#draws.seconds(30, 3600), { exitCode: 137, containerReason });
    }
  }

  #exitsIn(task: Task, ms: number, how: Pick<Ending, 'exitCode' | 'containerReason'>): void {
    this.#kernel.after(ms, () => {
      if (task.onMachine !== 'up' || (this.#draws.calm && task.lastStatus === 'RUNNING')) return;
      this.#containerEnds(task);
      this.#ended(task, {
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        ...how,
      });
    });
  }

  #deliverStop(task: Task): void {
    if (task.stopDelivered) return;
    task.stopDelivered = true;
    if (task.onMachine === 'waiting' && task.lastStatus === 'PENDING') {
      this.#ended(task, { stoppedReason: 'Task stopped before it started' });
    }
    if (task.onMachine !== 'up') return;
    task.onMachine = 'ending';
    this.#report(task, 'STOPPING');
    this.#kernel.after(this.#draws.seconds(1, 30), () => {
      if (task.onMachine !== 'ending') return;
      const shownIn = this.#draws.seconds(1, 5);
      const outlives = this.#draws.happens('outlivesStop') ? shownIn + this.#draws.seconds(1, 4) : 0;
      if (outlives === 0) this.#containerEnds(task);
      else this.#kernel.after(outlives, () => this.#containerEnds(task));
      this.#ended(task, { stoppedReason: 'Task stopped by user', exitCode: 143 }, shownIn);
    });
  }

  #failed(task: Task, containerReason: string): void {
    this.#ended(task, {
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'Task failed to start',
      containerReason,
    });
  }

  /** As the agent knows; it tells at once, or when it is connected again. */
  #ended(task: Task, ending: Ending, shownIn = this.#draws.seconds(1, 5)): void {
    task.onMachine = 'ended';
    if (task.instance !== undefined && reachable(task.instance)) this.#finish(task, ending, shownIn);
    else task.untold = { ending };
  }

  #report(task: Task, lastStatus: Task['lastStatus']): void {
    if (task.instance !== undefined && reachable(task.instance)) this.#change(task, { lastStatus });
    else task.untold = { status: lastStatus };
  }

  #finish(task: Task, ending: Ending, shownIn: number): void {
    if (task.lastStatus === 'STOPPED') return;
    this.#change(task, { lastStatus: 'DEPROVISIONING' });
    if (shownIn === 0) this.#stopped(task, ending);
    else this.#kernel.after(shownIn, () => this.#stopped(task, ending));
  }

  #stopped(task: Task, ending: Ending): void {
    if (task.lastStatus === 'STOPPED') return;
    const now = this.#kernel.now();
    if (task.desired !== 'STOPPED') task.desiredSeenAt = now;
    task.desired = 'STOPPED';
    task.stoppedAt = now;
    task.forgottenAt = now + REMEMBERED_MS;
    const { stopCode, stoppedReason, exitCode, containerReason } = ending;
    if (task.stopCode === undefined && stopCode !== undefined) task.stopCode = stopCode;
    task.stoppedReason ??= stoppedReason;
    if (exitCode !== undefined) task.exitCode = exitCode;
    if (containerReason !== undefined) task.containerReason = containerReason;
    this.#change(task, { lastStatus: 'STOPPED' });
    const { instance } = task;
    if (instance === undefined || !instance.tasks.delete(task)) return;
    take(instance, task, 1);
    if (instance.tasks.size === 0) instance.idleSince = now;
    if (instance.status === 'INACTIVE') return;
    instance.version += 1;
    this.#around.instanceChanged(instance);
    this.#around.placeFreed(instance);
  }

  #containerEnds(task: Task): void {
    if (task.container !== undefined) this.#around.containerEnds(task.container);
  }

  #change(task: Task, change: { readonly lastStatus?: Task['lastStatus'] }): void {
    if (change.lastStatus !== undefined) task.lastStatus = change.lastStatus;
    if (change.lastStatus === 'RUNNING') task.startedAt = this.#kernel.now();
    task.version += 1;
    this.#around.taskChanged(task);
  }
}

/** Connected as ECS sees it, and really there. */
function reachable({ agentConnected, machine }: ContainerInstance): boolean {
  return agentConnected && machine.powered;
}

function take({ free }: ContainerInstance, { size }: Task, sign: 1 | -1): void {
  free.cpuUnits += sign * size.cpuUnits;
  free.memoryMib += sign * size.memoryMib;
  free.gpuCount += sign * size.gpuCount;
}
