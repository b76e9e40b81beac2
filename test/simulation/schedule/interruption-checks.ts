import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { Task } from '../world/ecs/types.ts';
import { TASK_REASONS } from '../world/reasons.ts';
import type { World, WorldEvent } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import { RuleViolation } from './rule-violation.ts';

/** ListTasks may not show a younger task. */
const LISTED_AFTER_MS = 30_000;

/** The instance in a Spot warning, or in the event of a container instance. */
interface EventDetail {
  readonly 'instance-id'?: string;
  readonly ec2InstanceId?: string;
  readonly status?: string;
}

/** The rules about instances whose end AWS announces. */
export class InterruptionChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  readonly #isDrainRequested: (instanceId: string) => boolean;
  /** The EC2 instances whose end an event has announced. */
  readonly #announced = new Set<string>();

  /** @param isDrainRequested whether an operator has asked to empty the instance */
  constructor(
    world: World,
    clients: ClientHistory,
    recordOf: (workbenchId: string) => Workbench | undefined,
    isDrainRequested: (instanceId: string) => boolean,
  ) {
    this.#isDrainRequested = isDrainRequested;
    this.#world = world;
    this.#clients = clients;
    this.#recordOf = recordOf;
  }

  /** Checks restarts and stops. Called when a record is updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined): void {
    if (before === undefined) return;
    this.#checkRestarted(workbench, before);
    this.#checkRestartRequested(workbench, before);
    this.#checkRestartAnnounced(workbench, before);
    this.#checkNotStoppedForDraining(workbench, before);
  }

  /**
   * Called before the function handles an event.
   * @returns a check for the time when the function has succeeded
   */
  expectNoticed(event: WorldEvent, now: number): () => void {
    const { 'instance-id': instanceId, ec2InstanceId, status } = event.detail as EventDetail;
    if (status === 'DRAINING' && ec2InstanceId !== undefined) this.#announced.add(ec2InstanceId);
    if (event['detail-type'] !== 'EC2 Spot Instance Interruption Warning' || instanceId === undefined)
      return () => {};
    this.#announced.add(instanceId);
    const running = [...this.#world.ecs.tasks.values()].filter(
      (task) =>
        task.containerInstance?.ec2Instance.instanceId === instanceId &&
        (task.startedAt ?? now) < now - LISTED_AFTER_MS &&
        this.#runsIn(this.#recordOf(task.workbenchId), task),
    );
    return () => {
      for (const task of running) {
        const record = this.#recordOf(task.workbenchId);
        const isListed = task.desiredStatus === 'RUNNING' && task.containerInstance?.status !== 'INACTIVE';
        if (!isListed || record?.status !== 'running' || !this.#runsIn(record, task)) continue;
        if (record.run.interruption !== undefined) continue;
        throw new RuleViolation(
          `workbench ${record.workbenchId} does not know that ${instanceId} is about to end`,
        );
      }
    };
  }

  #runsIn(record: Workbench | undefined, { arn }: Task): boolean {
    return record?.status === 'running' && arn.endsWith(`/${record.run.taskId}`);
  }

  /**
   * A stop for an interruption is followed by another run
   * if the user asked for it and the workbench had run.
   */
  #checkRestarted(workbench: Workbench, before: Workbench): void {
    if (workbench.status !== 'stopping' && workbench.status !== 'stopped') return;
    const isInterruption = ['spot_interrupted', 'machine_drained'].includes(workbench.reason?.code ?? '');
    const isNew = isInterruption && !('reason' in before && before.reason);
    if (!isNew || workbench.spec.onInterruption !== 'restart' || workbench.desired !== 'stopped') return;
    if (workbench.readyAt === undefined) return;
    const startedAt = this.#world.functionClock.actualTimeOf(workbench.startedAt ?? 0);
    if (this.#clients.isEndRequestedSince(workbench.workbenchId, startedAt)) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} does not start again after an interruption, although its owner asked for it`,
    );
  }

  #checkRestartRequested(workbench: Workbench, before: Workbench): void {
    const added = workbench.outbox.filter(({ seq }) => seq > before.historySeq);
    const restarts = added.some(({ type }) => type === 'restarted_after_interruption');
    if (!restarts) return;
    if (workbench.spec.onInterruption !== 'restart') {
      throw new RuleViolation(
        `workbench ${workbench.workbenchId} starts again although its owner did not ask for it`,
      );
    }
    if (before.readyAt !== undefined) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} starts again after an interruption although it had not run, beyond the limits of a start`,
    );
  }

  /** A workbench that ends its own instance would otherwise restart without end. */
  #checkRestartAnnounced(workbench: Workbench, before: Workbench): void {
    const run = runOf(before);
    if (!isRestarted(workbench, before) || run?.phase !== 'accepted') return;
    // drain-checks.ts checks that an operator has announced it.
    if ('reason' in workbench && workbench.reason?.code === 'machine_drained') return;
    const task = [...this.#world.ecs.tasks.values()].find(({ arn }) => arn.endsWith(`/${run.taskId}`));
    const instanceId = task?.containerInstance?.ec2Instance.instanceId;
    // The stop code is an announcement, too: the event may be lost.
    if (instanceId === undefined || task?.stopCode === TASK_REASONS.spotInterrupted.stopCode) return;
    // An operator announces it, too: the record knows it from the request, before or without the event of ECS.
    if (this.#announced.has(instanceId) || this.#isDrainRequested(instanceId)) return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} starts again although AWS did not announce the end of ${instanceId}`,
    );
  }

  /** A task on an instance that drains may run for days. */
  #checkNotStoppedForDraining(workbench: Workbench, before: Workbench): void {
    if (before.status !== 'running' || workbench.status !== 'stopping') return;
    const { interruption, agentSilentSince, taskId } = before.run;
    if (interruption?.kind !== 'draining' || agentSilentSince !== undefined) return;
    if (workbench.reason?.code !== 'instance_lost') return;
    const task = [...this.#world.ecs.tasks.values()].find(({ arn }) => arn.endsWith(`/${taskId}`));
    if (task?.lastStatus !== 'RUNNING' || task.containerInstance?.ec2Instance.state !== 'running') return;
    throw new RuleViolation(
      `workbench ${workbench.workbenchId} is stopped because its instance drains, although the instance is live`,
    );
  }
}

/** Whether another run follows one that no request ended. */
function isRestarted({ outbox }: Workbench, { historySeq }: Workbench): boolean {
  return outbox.some(({ type, seq }) => type === 'restarted_after_interruption' && seq > historySeq);
}
