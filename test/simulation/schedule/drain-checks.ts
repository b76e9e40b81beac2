import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { ContainerInstance, Task } from '../world/ecs/types.ts';
import type { World } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

/** ListTasks may not show a younger task. */
const LISTED_AFTER_MS = 30_000;
/** The maximum difference between the clock of a function and the actual time, in milliseconds. */
const CLOCK_SKEW_MAX_MS = 2000;

/** What an operator has requested of a machine. Actual times, milliseconds. */
interface RequestedDrain {
  readonly until: number | undefined;
  /** When the API has confirmed it. */
  knownAt?: number;
  cancelled: boolean;
}

/** The rules about machines that an operator empties. */
export class DrainChecks {
  readonly #world: World;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  /** By the id of the EC2 instance. */
  readonly #drains = new Map<string, RequestedDrain>();

  constructor(world: World, recordOf: (workbenchId: string) => Workbench | undefined) {
    this.#world = world;
    this.#recordOf = recordOf;
  }

  /** Called before the operator sends the request. */
  noteRequested(instanceId: string, until: number | undefined): void {
    this.#drains.set(instanceId, { until, cancelled: false });
  }

  /** Whether the operator has asked to empty the instance, even if the drain was taken back since. */
  isRequested(instanceId: string): boolean {
    return this.#drains.has(instanceId);
  }

  /** Called before the operator takes the drain back. */
  noteCancelled(instanceId: string): void {
    const drain = this.#drains.get(instanceId);
    if (drain !== undefined) drain.cancelled = true;
  }

  /**
   * Called when the operator begins to send the request.
   * @returns a check for the time when the API has confirmed it: the owners of the workbenches on the machine know
   */
  expectInformed(instanceId: string, now: number): (confirmedAt: number) => void {
    const running = this.#tasksOn(instanceId).filter(
      (task) => (task.startedAt ?? now) < now - LISTED_AFTER_MS && this.#runs(task),
    );
    return (confirmedAt) => {
      const drain = this.#drains.get(instanceId);
      if (drain !== undefined) drain.knownAt = confirmedAt;
      for (const task of running) {
        const record = this.#recordOf(task.workbenchId);
        const isListed = task.desiredStatus === 'RUNNING' && task.containerInstance?.status !== 'INACTIVE';
        if (!isListed || record?.status !== 'running' || !this.#runs(task)) continue;
        const { kind } = record.run.interruption ?? {};
        if (kind === 'drain' || kind === 'spot') continue;
        throw new RuleViolation(
          `workbench ${record.workbenchId} does not know that an operator empties ${instanceId}`,
        );
      }
    };
  }

  /** No task is placed on a shared machine after its drain was confirmed. Called after each step. */
  check(): void {
    for (const [instanceId, { knownAt, cancelled }] of this.#drains) {
      if (knownAt === undefined || cancelled) continue;
      for (const { placedAt, arn, provider } of this.#tasksOn(instanceId)) {
        if (provider === undefined || placedAt === undefined || placedAt <= knownAt) continue;
        throw new RuleViolation(`the task ${arn} was placed on ${instanceId}, which an operator empties`);
      }
    }
  }

  /** Called when a record is updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    if (before === undefined) return;
    this.#checkNotPlacedOnHost(workbench, before);
    this.#checkStop(workbench, before, now);
  }

  /** No run is issued for a host after its record knows the drain. */
  #checkNotPlacedOnHost(workbench: Workbench, before: Workbench): void {
    const run = runOf(workbench);
    if (run?.phase !== 'issued' || runOf(before)?.phase === 'issued' || !before.host?.drained) return;
    if (run.input.placement.kind !== 'host' || run.input.placement.instanceId !== before.host.instanceId)
      return;
    throw new RuleViolation(
      `a run of workbench ${workbench.workbenchId} was placed on its host, which an operator empties`,
    );
  }

  /** A drain stops no workbench before its time, and its stop has the reason `machine_drained`. */
  #checkStop(workbench: Workbench, before: Workbench, now: number): void {
    if (before.status !== 'running' || workbench.status !== 'stopping') return;
    const { interruption, agentSilentSince, missingSince, taskId } = before.run;
    const code = workbench.reason?.code;
    const task = [...this.#world.ecs.tasks.values()].find(({ arn }) => arn.endsWith(`/${taskId}`));
    const instance = task?.containerInstance?.ec2Instance;
    const drain = this.#drains.get(instance?.instanceId ?? '');
    if (code === 'machine_drained') {
      // While the clock of the functions is wrong, they act too early or too late.
      const clockSteps = (this.#world.hazardCounts.get('clockSteps') ?? 0) > 0;
      const isEarly = drain?.until === undefined || now + CLOCK_SKEW_MAX_MS < drain.until;
      if (!isEarly || clockSteps) return;
      throw new RuleViolation(
        `workbench ${workbench.workbenchId} is stopped before the time at which its machine is to be empty`,
      );
    }
    const isDrainDue = interruption?.kind === 'drain' && (interruption.until ?? Infinity) <= now;
    const isLive = task?.desiredStatus === 'RUNNING' && task.lastStatus === 'RUNNING';
    if (!isDrainDue || !isLive || instance?.state !== 'running' || code !== 'instance_lost') return;
    if (agentSilentSince !== undefined || missingSince !== undefined) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} was stopped for an operator, but its reason is ${code}`,
    );
  }

  #runs({ workbenchId, arn }: Task): boolean {
    const record = this.#recordOf(workbenchId);
    return record?.status === 'running' && arn.endsWith(`/${record.run.taskId}`);
  }

  #tasksOn(instanceId: string): readonly Task[] {
    return [...this.#world.ecs.tasks.values()].filter(
      (task) => task.containerInstance?.ec2Instance.instanceId === instanceId,
    );
  }
}

/** The machines that an operator may empty, those with tasks first. */
export function drainableMachines(containerInstances: Iterable<ContainerInstance>): readonly string[] {
  return [...containerInstances]
    .filter(({ status, ec2Instance }) => status === 'ACTIVE' && ec2Instance.state === 'running')
    .sort((a, b) => b.tasks.size - a.tasks.size)
    .map(({ ec2Instance }) => ec2Instance.instanceId);
}
