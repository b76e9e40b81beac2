import { WORKBENCH_TAG } from '#contract/tags.ts';
import type { InstanceCapacity } from '#core/ports/capacity-catalog.ts';
import type { InstanceFreeCapacity } from '#core/ports/free-capacity-store.ts';
import { runOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import type { Fault } from '../invocation.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import { InterruptionChecks } from './interruption-checks.ts';
import { RuleViolation } from './rule-violation.ts';
import { StartChecks } from './start-checks.ts';

/**
 * A start that was in flight when the stop was requested may still start the host. The controller detects and stops it
 * within this time. Milliseconds.
 */
const REPAIR_TIMEOUT_MS = 15 * 60_000;

/** The order of the states during a start. A record that goes back has accepted a stale observation. */
const STATUS_ORDER: readonly Workbench['status'][] = ['starting', 'provisioning', 'pending', 'running'];

/** Whether the start of the record before is tried again, with a new attempt of its run. */
function isNextAttempt(workbench: Workbench, before: Workbench | undefined): boolean {
  if (workbench.status !== 'starting' || before === undefined) return false;
  const run = runOf(before);
  return run?.runId === workbench.run.runId && run.attempt < workbench.run.attempt;
}

/** Whether another run begins after an interruption, in one write because the instance is known to be gone. */
function isRestart({ outbox }: Workbench, before: Workbench | undefined): boolean {
  const { historySeq = 0 } = before ?? {};
  return outbox.some(({ type, seq }) => type === 'restarted_after_interruption' && seq > historySeq);
}

/**
 * The safety rules, which must hold at all times. They compare the records with the actual state of the world and with the
 * responses that clients received, never with the record alone.
 */
export class SafetyChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  readonly #starts: StartChecks;
  readonly interruptions: InterruptionChecks;
  /** The sweeps that were throttled. */
  readonly #throttledSweeps = new Set<string>();
  /** The hosts that a record has contained, by instance id. */
  readonly #recordedHosts = new Set<string>();
  #checkedRemovals = 0;
  #checkedMounts = 0;

  constructor(
    world: World,
    clients: ClientHistory,
    recordOf: (workbenchId: string) => Workbench | undefined,
    isDrainRequested: (instanceId: string) => boolean,
  ) {
    this.#world = world;
    this.#clients = clients;
    this.#recordOf = recordOf;
    this.#starts = new StartChecks(world, clients, recordOf);
    this.interruptions = new InterruptionChecks(world, clients, recordOf, isDrainRequested);
  }

  /**
   * Checks that the sweep of the cluster only writes its report after a throttle: starts need the few registrations of task
   * definitions that ECS allows. Called for each call.
   */
  checkStopsAtThrottle(invocation: string, call: string, fault: Fault): void {
    if (!invocation.startsWith('sweep-cluster')) return;
    if (this.#throttledSweeps.has(invocation) && call !== 'reports.add')
      throw new RuleViolation(`${invocation} calls ${call} after it was throttled`);
    if (fault === 'throttled') this.#throttledSweeps.add(invocation);
  }

  /** Checks the rules about mounts, launches and deletions. Called after every step. */
  check(): void {
    const { truth } = this.#world;
    this.#starts.check();
    if (truth.mounts.length > this.#checkedMounts) this.#checkMounts();
    while (this.#checkedRemovals < truth.removals.length) {
      const removal = truth.removals[this.#checkedRemovals];
      this.#checkedRemovals += 1;
      if (removal === undefined) continue;
      const { directory, mountedBy } = removal;
      if (mountedBy.length > 0) {
        throw new RuleViolation(
          `files in ${directory.path} were deleted while the container of ${mountedBy[0]?.taskArn} had the directory mounted`,
        );
      }
      const workbenchId = directory.path.split('/').at(-1) ?? '';
      const hadFiles = removal.deleted > (removal.directoryRemoved ? 1 : 0);
      if (hadFiles && !this.#clients.isDeletionRequested(workbenchId)) {
        throw new RuleViolation(
          `files of workbench ${workbenchId} were deleted although no client requested its deletion`,
        );
      }
    }
    if (truth.lostWrites.length > 0) {
      throw new RuleViolation(
        `the container of ${truth.lostWrites[0]?.taskArn} wrote a file after its directory had been deleted`,
      );
    }
  }

  /** Checks the rules about states. Called when a record is created or updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    if (workbench.host?.instanceId !== undefined) this.#recordedHosts.add(workbench.host.instanceId);
    const positionBefore = before === undefined ? -1 : STATUS_ORDER.indexOf(before.status);
    const position = STATUS_ORDER.indexOf(workbench.status);
    const isNew = isNextAttempt(workbench, before) || isRestart(workbench, before);
    if (position >= 0 && position < positionBefore && !isNew) {
      throw new RuleViolation(
        `workbench ${workbench.workbenchId} went back from ${before?.status} to ${workbench.status}`,
      );
    }
    this.#starts.checkWrite(workbench, before, now);
    this.interruptions.checkWrite(workbench, before);
    if (workbench.status !== 'stopped' || workbench.unexpectedTasks.length > 0) return;
    if (before?.status !== 'stopped') this.#checkNoTaskStarting(workbench);
    const container = this.#findLiveContainer(workbench);
    if (container) {
      throw new RuleViolation(
        `workbench ${workbench.workbenchId} is stopped while the container of ${container.taskArn} runs`,
      );
    }
    const host = this.#world.liveHosts.find(
      ({ instanceId, state, stateSince }) =>
        instanceId === workbench.host?.instanceId &&
        state === 'running' &&
        now - stateSince > REPAIR_TIMEOUT_MS,
    );
    if (host) {
      throw new RuleViolation(
        `workbench ${workbench.workbenchId} is stopped while its host ${host.instanceId} has been running for more than ${REPAIR_TIMEOUT_MS / 60_000} minutes`,
      );
    }
  }

  /** A task that waits for capacity or starts has no container yet, but will start one. */
  #checkNoTaskStarting({ workbenchId }: Workbench): void {
    for (const task of this.#world.ecs.tasks.values()) {
      const { arn, lastStatus, desiredStatus, containerInstance } = task;
      if (task.workbenchId !== workbenchId || desiredStatus !== 'RUNNING' || lastStatus === 'STOPPED')
        continue;
      // ECS reports a task as running even if its instance lost power long ago.
      if (containerInstance !== undefined && !containerInstance.ec2Instance.powered) continue;
      throw new RuleViolation(
        `workbench ${workbenchId} became stopped while ${arn} is ${lastStatus} and has not been asked to stop`,
      );
    }
  }

  /**
   * Free capacity is a hint, but not more than the event showed: otherwise placement prefers instances on which ECS cannot
   * place the task. Called when the free capacity of an instance is stored.
   */
  checkFreeCapacity({ containerInstanceId, version, ...saved }: InstanceFreeCapacity): void {
    const reported = this.#world.ecs.reportedCapacity.get(`${containerInstanceId}/${version}`);
    if (reported === undefined) {
      throw new RuleViolation(
        `free capacity of ${containerInstanceId} was stored with version ${version}, which no event had`,
      );
    }
    const interfaces = Math.max(0, reported.interfaces - reported.tasks);
    const exceeds =
      saved.interfaces > interfaces ||
      saved.cpuUnits > reported.free.cpuUnits ||
      saved.memoryMib > reported.free.memoryMib ||
      saved.gpuCount > reported.free.gpuCount;
    if (exceeds) {
      const of = (capacity: InstanceCapacity) =>
        `${capacity.cpuUnits} CPU units, ${capacity.memoryMib} MiB, ${capacity.gpuCount} GPUs, ${capacity.interfaces} network interfaces`;
      throw new RuleViolation(
        `the stored free capacity of ${containerInstanceId} (${of(saved)}) exceeds what its event showed (${of({ ...reported.free, interfaces })})`,
      );
    }
  }

  /** Checks the rules about deleted records. Called when a record is deleted. */
  checkRemoval(key: WorkbenchKey): void {
    const deletion = `the record of workbench ${key.workbenchId} was deleted`;
    if (!this.#clients.isDeletionRequested(key.workbenchId)) {
      throw new RuleViolation(`${deletion} although no client requested its deletion`);
    }
    const container = this.#findLiveContainer(key);
    if (container) throw new RuleViolation(`${deletion} while the container of ${container.taskArn} runs`);
    for (const { arn, ec2Instance } of this.#world.staleRegistrations) {
      // A clock that is ahead takes a new instance for terminated before a record contains it (decision 19). Sweeps delete it.
      const isRecorded = this.#recordedHosts.has(ec2Instance.instanceId);
      if (this.#world.functionClock.steps && !isRecorded) continue;
      if (ec2Instance.spec.tags[WORKBENCH_TAG] === key.workbenchId)
        throw new RuleViolation(`${deletion} while its container instance ${arn} is still registered`);
    }
    for (const [name, directory] of this.#world.directories) {
      if (directory.path.endsWith(`/${key.workbenchId}`) && directory.files.size > 0) {
        throw new RuleViolation(`${deletion} before the files in ${name}`);
      }
    }
  }

  #checkMounts(): void {
    const { truth } = this.#world;
    for (const { directory, workbenchId, taskArn } of truth.mounts.slice(this.#checkedMounts)) {
      const record = this.#recordOf(workbenchId);
      if (record === undefined || (record.status === 'stopped' && record.unexpectedTasks.length === 0)) {
        throw new RuleViolation(
          `the container of ${taskArn} started although ${record === undefined ? `the record of workbench ${workbenchId} has been deleted` : `workbench ${workbenchId} is stopped`}`,
        );
      }
      if (directory.mountedBy.size > 1) {
        const tasks = [...directory.mountedBy].map(
          ({ taskArn, runId, attempt }) => `${taskArn} (run ${runId}, attempt ${attempt})`,
        );
        throw new RuleViolation(
          `two live containers have the volume of workbench ${workbenchId} mounted: ${tasks.join(' and ')}`,
        );
      }
      const earlier = truth.removals.find(
        (removal) => removal.directoryRemoved && removal.directory.path === directory.path,
      );
      if (earlier && earlier.directory !== directory) {
        throw new RuleViolation(
          `the directory ${directory.path} was created again after its volume had been deleted`,
        );
      }
    }
    this.#checkedMounts = truth.mounts.length;
  }

  /** A container whose mount has ended cannot change files and is not counted. */
  #findLiveContainer({ workbenchId }: WorkbenchKey) {
    for (const container of this.#world.containers)
      if (container.workbenchId === workbenchId && container.mountEndedAt === undefined) return container;
    return undefined;
  }
}
