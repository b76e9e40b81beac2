import { createdAtOf } from '#core/ports/ids.ts';
import { isDeleted, isSettled, type Workbench } from '#core/workbench/workbench.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import type { Controller } from './controller.ts';
import type { CostChecks } from './cost-checks.ts';
import type { DeletionChecks } from './deletion-checks.ts';
import type { QuotaChecks } from './quota-checks.ts';
import { RuleViolation } from './rule-violation.ts';
import type { SimulatedPublishing } from './simulated-publishing.ts';
import type { SimulatedTimetables } from './simulated-timetables.ts';
import type { SimulatedUse } from './simulated-use.ts';
import type { SimulatedUsers } from './simulated-users.ts';
import type { StepRunner } from './step-runner.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Without faults, a start reaches `running` within this time. */
const START_TIMEOUT_MS = 30 * MINUTE;
/** Without faults, an idle stop ends within this time. */
const STOP_TIMEOUT_MS = 10 * MINUTE;
/** Orphans are found and, after their grace period, deleted within this time. */
const ORPHAN_DELETION_TIMEOUT_MS = 35 * MINUTE;
/** The task definitions of deleted workbenches are deregistered within this time: the interval and duration of a sweep. */
const DEFINITION_CLEANUP_TIMEOUT_MS = 15 * MINUTE;

export interface FaultlessPhaseOptions {
  readonly steps: StepRunner;
  readonly world: World;
  readonly controller: Controller;
  readonly clients: ClientHistory;
  readonly users: SimulatedUsers;
  readonly costs: CostChecks;
  readonly quotas: QuotaChecks;
  readonly deletions: DeletionChecks;
  readonly publishing: SimulatedPublishing;
  readonly timetables: SimulatedTimetables;
  readonly use: SimulatedUse;
  /** The grace period of orphaned volumes, milliseconds. */
  readonly volumeGraceMs: number;
}

/**
 * What must come true once nothing fails any more: records settle as their clients have asked, every workbench starts and can be
 * deleted, and nothing is left behind.
 */
export class FaultlessPhase {
  readonly #options: FaultlessPhaseOptions;

  constructor(options: FaultlessPhaseOptions) {
    this.#options = options;
  }

  get records(): readonly Workbench[] {
    return this.#options.controller.stores.workbenches.listAll();
  }

  /**
   * Waits until every record is settled and its history is written.
   * @throws RuleViolation after `withinMs`
   */
  async waitUntilSettled(phase: string, withinMs: number): Promise<void> {
    const { steps } = this.#options;
    const end = steps.now() + withinMs;
    const unsettled = () => this.records.filter((record) => !isSettled(record) || record.outbox.length > 0);
    while (unsettled().length > 0 && steps.now() < end) await steps.runFor(MINUTE);
    const left = unsettled();
    if (left.length > 0) {
      throw new RuleViolation(
        `not settled within ${withinMs / MINUTE} minutes ${phase}: ${left.map(describeUnsettled).join(', ')}`,
      );
    }
  }

  /** Checks that each record has a state that its clients may have requested last. */
  checkDesiredStates(): void {
    const { clients } = this.#options;
    const records = new Map(this.records.map((record) => [record.workbenchId, record]));
    for (const workbenchId of clients.workbenchIds) {
      const record = records.get(workbenchId);
      const possible = clients.possibleStates(workbenchId);
      const status = record === undefined || isDeleted(record) ? 'deleted' : record.status;
      // A start may fail. The record then has a reason.
      const failedStart =
        record?.status === 'stopped' && record.reason !== undefined && possible.has('running');
      if (!failedStart && !possible.has(status as 'running')) {
        throw new RuleViolation(
          `workbench ${workbenchId} is ${status}, but the state last requested was ${[...possible].join(' or ')}`,
        );
      }
    }
  }

  /** Checks that every workbench still starts. Otherwise a controller that ends each start by timeout would pass. */
  async startAll(): Promise<void> {
    const { steps, users } = this.#options;
    const present = () => this.records.filter((record) => !isDeleted(record));
    for (const { userId, workbenchId } of present()) {
      const { status } = await steps.runUntilDone(users.change(userId, workbenchId, 'start'));
      // The retention may have deleted it just before.
      if (status !== 200 && present().some((record) => record.workbenchId === workbenchId))
        throw new RuleViolation(
          `the start of workbench ${workbenchId} returned ${status} although no fault was injected`,
        );
    }
    // What users asked for in the fault phase, for example an extension, ends before the idle stops are checked.
    await steps.runFor(15 * MINUTE);
    await this.waitUntilSettled('after a start without faults', START_TIMEOUT_MS - 15 * MINUTE);
    for (const record of present()) {
      if (record.status !== 'running') {
        const reason = record.status === 'stopped' ? `, reason ${JSON.stringify(record.reason)}` : '';
        throw new RuleViolation(
          `workbench ${record.workbenchId} was started without faults but is ${record.status}${reason}`,
        );
      }
    }
  }

  /** Waits for the last entries of the history: they may be a second old. */
  async checkPublished(): Promise<void> {
    const { publishing, steps } = this.#options;
    const end = steps.now() + MINUTE;
    while (publishing.unpublished > 0 && steps.now() < end) await steps.runFor(1000);
    publishing.check();
  }

  /** Gives the sweeps the time to delete orphans, and workbenches the time to become idle. Then sweeps the volumes. */
  async waitForSweeps(): Promise<void> {
    const { controller, costs, steps, timetables, use, volumeGraceMs } = this.#options;
    const checkTimetables = await steps.runUntilDone(timetables.rest());
    const { observedMs, check } = use.rest();
    await steps.runFor(Math.max(ORPHAN_DELETION_TIMEOUT_MS, observedMs));
    check();
    checkTimetables();
    const sweptAt = steps.now();
    await steps.runUntilDone(controller.sweepVolumes(volumeGraceMs));
    costs.checkMeasured(this.records, sweptAt);
    // An idle stop may still be in progress.
    await this.waitUntilSettled('after the idle stops', STOP_TIMEOUT_MS);
    this.checkDesiredStates();
  }

  /** Checks that every running container, host, volume and registration belongs to a record. */
  checkNoOrphans(): void {
    const { world } = this.#options;
    const records = new Map(this.records.map((record) => [record.workbenchId, record]));
    for (const { workbenchId, taskArn } of world.containers) {
      if (records.get(workbenchId)?.status !== 'running')
        throw new RuleViolation(`the container of the orphaned task ${taskArn} still runs`);
    }
    for (const { instanceId } of world.liveHosts) {
      const isReferenced = [...records.values()].some(({ host }) => host?.instanceId === instanceId);
      if (!isReferenced)
        throw new RuleViolation(`the orphaned host ${instanceId} has not been terminated and costs money`);
    }
    for (const { path } of world.directories.values()) {
      if (path.includes('/.')) continue;
      const workbenchId = path.split('/').at(-1) ?? '';
      if (!records.has(workbenchId) && !this.#isFromFuture(workbenchId))
        throw new RuleViolation(`the orphaned volume ${path} still exists`);
    }
    for (const { arn, ec2Instance } of world.staleRegistrations) {
      if (ec2Instance.spec.provider !== undefined) continue;
      throw new RuleViolation(
        `the container instance ${arn} is still registered although its host ${ec2Instance.instanceId} is terminated`,
      );
    }
  }

  /** Deletes all workbenches and checks that nothing of them is left. */
  async deleteAll(): Promise<void> {
    const { deletions, quotas, steps, users, world } = this.#options;
    for (const { userId, workbenchId } of this.records) {
      deletions.noteImmediate(workbenchId);
      const now = deletions.keptMs === 0 ? '' : '&now=true';
      await steps.runUntilDone(users.change(userId, workbenchId, 'delete', now));
    }
    const end = steps.now() + HOUR;
    while (this.records.length > 0 && steps.now() < end) await steps.runFor(MINUTE);
    const left = this.records;
    if (left.length > 0) {
      throw new RuleViolation(
        `workbench ${left[0]?.workbenchId} was deleted one hour ago, but its record is still ${left[0]?.status}`,
      );
    }
    // The call that deleted the last record releases its quota afterwards.
    await steps.runFor(MINUTE);
    const after = 'after the deletion of all workbenches';
    quotas.checkLedgers(after);
    for (const { taskArn } of world.containers)
      throw new RuleViolation(`${after} the container of ${taskArn} still runs`);
    for (const { instanceId, state } of world.liveHosts)
      throw new RuleViolation(`${after} the host ${instanceId} is still ${state}`);
    for (const { path } of world.directories.values())
      throw new RuleViolation(`${after} the directory ${path} still exists`);
    const definedFamily = () => world.definedFamilies.find((name) => !this.#isFromFuture(name.slice(-26)));
    const definitionsEnd = steps.now() + DEFINITION_CLEANUP_TIMEOUT_MS;
    while (definedFamily() !== undefined && steps.now() < definitionsEnd) await steps.runFor(MINUTE);
    const family = definedFamily();
    if (family !== undefined)
      throw new RuleViolation(`${after} the task definition family ${family} is still active`);
  }

  /** Whether the workbench was created while the clock was ahead. Its leftovers are kept until they are old by the clock. */
  #isFromFuture(workbenchId: string): boolean {
    return (createdAtOf(workbenchId) ?? 0) > this.#options.steps.now();
  }
}

/** An unsettled record in a rule violation. */
function describeUnsettled({ workbenchId, status, outbox }: Workbench): string {
  const history = outbox.length > 0 ? ` with ${outbox.length} unwritten history entries` : '';
  return `workbench ${workbenchId} is ${status}${history}`;
}
