import { WORKBENCH_TAG } from '#contract/tags.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';

/** A rule that must always hold does not. */
export class RuleViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleViolation';
  }
}

/**
 * A start that was on its way when the stop came may still switch a machine on: that is found and put right within
 * this. Milliseconds.
 */
const REPAIR_TIMEOUT_MS = 15 * 60_000;

/** A task goes through these in this order: what goes back has believed what is old. */
const STATUS_ORDER: readonly Workbench['status'][] = ['starting', 'provisioning', 'pending', 'running'];

/**
 * What must hold at every moment, checked against what is really there and against what clients were told,
 * never against the record alone.
 */
export class SafetyChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  #checkedRemovals = 0;
  #checkedMounts = 0;

  constructor(
    world: World,
    clients: ClientHistory,
    recordOf: (workbenchId: string) => Workbench | undefined,
  ) {
    this.#world = world;
    this.#clients = clients;
    this.#recordOf = recordOf;
  }

  /** After every step. */
  check(): void {
    const { truth } = this.#world;
    if (truth.mounts.length > this.#checkedMounts) this.#checkMounts();
    while (this.#checkedRemovals < truth.removals.length) {
      const removal = truth.removals[this.#checkedRemovals];
      this.#checkedRemovals += 1;
      if (removal === undefined) continue;
      const { directory, mountedBy } = removal;
      if (mountedBy.length > 0) {
        throw new RuleViolation(
          `files of ${directory.path} were deleted while ${mountedBy[0]?.taskArn} had them mounted`,
        );
      }
      const workbenchId = directory.path.split('/').at(-1) ?? '';
      const hadFiles = removal.deleted > (removal.directoryRemoved ? 1 : 0);
      if (hadFiles && !this.#clients.isDeletionRequested(workbenchId)) {
        throw new RuleViolation(`files of ${workbenchId} were deleted although nobody asked for it`);
      }
    }
    if (truth.lostWrites.length > 0) {
      throw new RuleViolation(`${truth.lostWrites[0]?.taskArn} wrote into a directory that had been deleted`);
    }
  }

  /** When a record is written. */
  checkWrite(workbench: Workbench, before: Workbench['status'] | undefined, now: number): void {
    const [was, is] = [before, workbench.status].map((status) =>
      STATUS_ORDER.indexOf(status as Workbench['status']),
    );
    if (was !== undefined && is !== undefined && is >= 0 && is < was) {
      throw new RuleViolation(`${workbench.workbenchId} went back from ${before} to ${workbench.status}`);
    }
    if (workbench.status !== 'stopped' || workbench.unexpectedTasks.length > 0) return;
    if (before !== 'stopped') this.#checkNoTaskStarting(workbench);
    const alive = this.#liveContainerOf(workbench);
    if (alive) throw new RuleViolation(`${workbench.workbenchId} says stopped while ${alive.taskArn} lives`);
    const machine = this.#world.liveHosts.find(
      ({ instanceId, state, stateSince: since }) =>
        instanceId === workbench.host?.instanceId && state === 'running' && now - since > REPAIR_TIMEOUT_MS,
    );
    if (machine)
      throw new RuleViolation(`${workbench.workbenchId} says stopped while ${machine.instanceId} runs`);
  }

  /** A task that waits for capacity, or is being placed, has no container yet and will have one. */
  #checkNoTaskStarting({ workbenchId }: Workbench): void {
    for (const task of this.#world.ecs.tasks.values()) {
      const { arn, lastStatus, desiredStatus: desired, instance } = task;
      if (task.workbenchId !== workbenchId || desired !== 'RUNNING' || lastStatus === 'STOPPED') continue;
      // ECS shows tasks as running whose machine has long been switched off.
      if (instance !== undefined && !instance.ec2Instance.powered) continue;
      throw new RuleViolation(`${workbenchId} became stopped while ${arn} is ${lastStatus}`);
    }
  }

  /** When a record is deleted. */
  checkRemoval(key: WorkbenchKey): void {
    if (!this.#clients.isDeletionRequested(key.workbenchId)) {
      throw new RuleViolation(`the record of ${key.workbenchId} was deleted although nobody asked for it`);
    }
    const alive = this.#liveContainerOf(key);
    if (alive)
      throw new RuleViolation(`the record of ${key.workbenchId} was deleted while ${alive.taskArn} lives`);
    for (const { arn, ec2Instance: machine } of this.#world.staleRegistrations) {
      if (machine.spec.tags[WORKBENCH_TAG] === key.workbenchId)
        throw new RuleViolation(`the record of ${key.workbenchId} was deleted while ${arn} is registered`);
    }
    for (const [name, directory] of this.#world.directories) {
      if (directory.path.endsWith(`/${key.workbenchId}`) && directory.files.size > 0) {
        throw new RuleViolation(`the record of ${key.workbenchId} was deleted before its files in ${name}`);
      }
    }
  }

  #checkMounts(): void {
    const { truth } = this.#world;
    for (const { directory, workbenchId, taskArn } of truth.mounts.slice(this.#checkedMounts)) {
      const record = this.#recordOf(workbenchId);
      if (record === undefined || (record.status === 'stopped' && record.unexpectedTasks.length === 0)) {
        throw new RuleViolation(
          `${taskArn} began to run although ${workbenchId} is ${record?.status ?? 'no more'}`,
        );
      }
      if (directory.mountedBy.size > 1) {
        const tasks = [...directory.mountedBy].map(
          ({ taskArn, runId, attempt }) => `${taskArn} (${runId}/${attempt})`,
        );
        throw new RuleViolation(
          `two live tasks have the volume of ${workbenchId} mounted: ${tasks.join(' and ')}`,
        );
      }
      const before = truth.removals.find(
        (removal) => removal.directoryRemoved && removal.directory.path === directory.path,
      );
      if (before && before.directory !== directory) {
        throw new RuleViolation(`the path ${directory.path} was used again after its volume was wiped`);
      }
    }
    this.#checkedMounts = truth.mounts.length;
  }

  #liveContainerOf({ workbenchId }: WorkbenchKey) {
    for (const container of this.#world.containers)
      if (container.workbenchId === workbenchId) return container;
    return undefined;
  }
}
