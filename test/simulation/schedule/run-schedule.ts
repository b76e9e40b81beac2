import { createdAtOf } from '#core/ports/ids.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { isDeleted, isSettled } from '#core/workbench/workbench.ts';
import { GateChecks } from '../gate/gate-checks.ts';
import { GATE_SILENT_TIMEOUT_MS, ReachChecks } from '../gate/reach-checks.ts';
import { SimulatedProbe } from '../gate/simulated-probe.ts';
import { SimulatedVisitors } from '../gate/simulated-visitors.ts';
import { Invocations, replaceMethods } from '../invocation.ts';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { HazardDraws, type Hazards, withoutNoticedHazards } from '../world/hazards.ts';
import { World } from '../world/world.ts';
import { WORLD_OPTIONS } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import {
  type Command,
  type CommandKind,
  describeCommand,
  FAULT_PHASE_MS,
  type Schedule,
  SLOTS_PER_USER,
  USERS,
} from './commands.ts';
import {
  Controller,
  eventHandlersFor,
  FUNCTION_SKEW_MAX_MS,
  isProgrammingError,
  type RightsHooks,
} from './controller.ts';
import { CostChecks } from './cost-checks.ts';
import { DeletionChecks } from './deletion-checks.ts';
import { DrainChecks } from './drain-checks.ts';
import { type Delivery, EventChannel } from './event-channel.ts';
import { EventSourceMappingModel } from './event-source-mapping.ts';
import { IdleChecks } from './idle-checks.ts';
import { LinkChecks } from './link-checks.ts';
import { MixedFleet } from './mixed-fleet.ts';
import { OwnerChecks } from './owner-checks.ts';
import { QuotaChecks } from './quota-checks.ts';
import { RequestEvents } from './request-events.ts';
import { RetentionChecks } from './retention-checks.ts';
import { RightsChecks } from './rights-checks.ts';
import { createRightsHooks } from './rights-hooks.ts';
import { RuleViolation } from './rule-violation.ts';
import { SafetyChecks } from './safety-checks.ts';
import { ScheduleResult } from './schedule-result.ts';
import { SendChecks } from './send-checks.ts';
import { SimulatedGuests } from './simulated-guests.ts';
import { SimulatedLinks } from './simulated-links.ts';
import { SimulatedMoves } from './simulated-moves.ts';
import { SimulatedOperator } from './simulated-operator.ts';
import { SimulatedPublishing } from './simulated-publishing.ts';
import { drawKeptMs, drawRetentionMs, SimulatedRestores } from './simulated-restores.ts';
import { SimulatedTimetables } from './simulated-timetables.ts';
import { SimulatedUse } from './simulated-use.ts';
import { SimulatedUsers } from './simulated-users.ts';
import { drawWorldTime } from './timetable.ts';
import { TimetableChecks } from './timetable-checks.ts';
import { UnexpectedTaskChecks } from './unexpected-task-checks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** After the fault phase all records settle within this time: the sum of the transition deadlines. */
const SETTLE_TIMEOUT_MS = 3 * HOUR;
/** Without faults, a start reaches `running` within this time. */
const START_TIMEOUT_MS = 30 * MINUTE;
/** Without faults, an idle stop ends within this time. */
const STOP_TIMEOUT_MS = 10 * MINUTE;
/** Orphans are found and, after their grace period, deleted within this time. */
const ORPHAN_DELETION_TIMEOUT_MS = 35 * MINUTE;
/** The sweep of volumes runs far more often than in production, so that it meets every stage of a start. */
const VOLUME_SWEEP_INTERVAL_MS = 4 * MINUTE;
/** The sweep of quotas runs more often than in production, so that it meets requests in progress. */
const QUOTA_SWEEP_INTERVAL_MS = 3 * MINUTE;
/** The grace period of orphaned volumes: longer than any index is stale. */
const VOLUME_GRACE_MS = 15 * MINUTE;
/** The task definitions of deleted workbenches are deregistered within this time: the interval and duration of a sweep. */
const DEFINITION_CLEANUP_TIMEOUT_MS = 15 * MINUTE;
/** Messages practically never reach the dead-letter queue, so that a message that always fails stays visible. */
const QUEUE_OPTIONS = { visibilityTimeoutSeconds: 90, maxReceiveCount: 1000 };
/** A schedule with more steps than this is an endless loop. */
const STEPS_MAX = 60_000;

export interface ScheduleOptions {
  readonly captureLogLines?: boolean;
  /** Probabilities that differ from DEFAULT_HAZARDS. */
  readonly hazards?: Partial<Hazards>;
  /** Settings of the functions that differ from their default. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called for each call of a function, for example with `drive#12` and `RunTask`. */
  readonly onCall?: (invocation: string, call: string) => void;
}

/**
 * Runs one schedule: the fault phase, a phase without faults, and all checks. Never throws: `violation` in the result is
 * the rule violation or other error that ended the schedule.
 */
export async function runSchedule(
  schedule: Schedule,
  options: ScheduleOptions = {},
): Promise<ScheduleResult> {
  const run = new ScheduleRun(schedule, options);
  try {
    await run.execute();
  } catch (error) {
    run.result.violation = error instanceof Error ? error : new Error(String(error));
  }
  run.finish();
  return run.result;
}

/** Only workbenches with a limit of their own are stopped: a schedule lasts hours. */
const WITHOUT_IDLE_STOP = { WB_IDLE_STOP_MINUTES: '0', WB_IDLE_STOP_GPU_MINUTES: '0' };

/** The probability that the starts of a world ask the gate. */
const ASKING_PROBABILITY = 0.5;
const ASKING = { WB_GATE_SILENT_TIMEOUT_SECONDS: String(GATE_SILENT_TIMEOUT_MS / 1000) };

/** The calls that start, stop or create something in AWS. After a fault in one of them a user may react. */
const AWS_MUTATING_CALLS: ReadonlySet<string> = new Set([
  'RunTask',
  'StopTask',
  'RegisterTaskDefinition',
  'RunInstances',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
  'CreateAccessPoint',
]);
/** The probability that a user acts shortly after a fault. */
const REACTION_PROBABILITY = 0.4;
/** The maximum delay of this action in milliseconds. */
const REACTION_DELAY_MAX_MS = 8000;
const REACTIONS = ['stop', 'delete', 'restart', 'start', 'stop'] as const;

/** The commands that end a run. */
const ENDING_COMMANDS: ReadonlySet<CommandKind> = new Set([
  'stop',
  'restart',
  'restart_twice',
  'force_stop',
  'delete',
]);
/** How long before such a command visitors come, milliseconds. */
const VISIT_LEAD_MIN_MS = 3000;
const VISIT_LEAD_MAX_MS = 12_000;
/** Visits during the fault phase. */
const VISITS_MAX = 1;
/** From the beginning of the last visit to the deletion of all workbenches, milliseconds. */
const LAST_VISIT_MS = 6000;

class ScheduleRun {
  readonly kernel: Kernel;
  readonly result: ScheduleResult;
  readonly #schedule: Schedule;
  readonly #startedAt: number;
  readonly #tape: Tape;
  readonly #clients = new ClientHistory();
  readonly #world: World;
  readonly #invocations: Invocations;
  readonly #controller: Controller;
  readonly #channel: EventChannel;
  readonly #driveMapping: EventSourceMappingModel;
  readonly #driveHostMapping: EventSourceMappingModel;
  readonly #driveDeleteMapping: EventSourceMappingModel;
  readonly #users: SimulatedUsers;
  readonly #safety: SafetyChecks;
  readonly #unexpectedTasks: UnexpectedTaskChecks;
  readonly #owners: OwnerChecks;
  readonly #costs: CostChecks;
  readonly #quotas: QuotaChecks;
  readonly #sends = new SendChecks();
  readonly #moves: SimulatedMoves;
  readonly #rights: RightsChecks;
  readonly #guests: SimulatedGuests;
  readonly #links: SimulatedLinks;
  readonly #gateTape: Tape;
  readonly #gateDraws: HazardDraws;
  readonly #gateChecks: GateChecks;
  readonly #visitors: SimulatedVisitors;
  readonly #reachDraws: HazardDraws;
  readonly #reachChecks: ReachChecks;
  readonly #probe: SimulatedProbe;
  readonly #drainChecks: DrainChecks;
  readonly #operator: SimulatedOperator;
  readonly #idleChecks: IdleChecks;
  readonly #use: SimulatedUse;
  readonly #publishing: SimulatedPublishing;
  readonly #deletions: DeletionChecks;
  readonly #restores: SimulatedRestores;
  readonly #retention: RetentionChecks;
  readonly #timetableChecks: TimetableChecks;
  readonly #timetables: SimulatedTimetables;
  #visits = 0;
  /** The existing records as last written, by workbench id. */
  readonly #lastWritten = new Map<string, Workbench>();
  /** The first error. It ends the schedule. */
  #failure: unknown;

  constructor(schedule: Schedule, options: ScheduleOptions) {
    const { captureLogLines = false, hazards = {}, environment = {}, onCall } = options;
    const timetableTape = new Tape(from(schedule.tape, 0.375));
    const time = drawWorldTime(timetableTape);
    const kernel = new Kernel(time.beginsAt);
    this.kernel = kernel;
    this.#schedule = schedule;
    this.#startedAt = kernel.now();
    const tape = new Tape(schedule.tape);
    this.#tape = tape;
    this.result = new ScheduleResult(kernel, captureLogLines);
    this.#world = new World(kernel, tape, {
      ...WORLD_OPTIONS,
      hazards: schedule.faultPercent === 0 ? withoutNoticedHazards(hazards) : hazards,
      queue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveMapping.receiveBatches() },
      hostQueue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveHostMapping.receiveBatches() },
      deleteQueue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveDeleteMapping.receiveBatches() },
      onEvent: (event) => {
        for (const name of eventHandlersFor(event)) this.#channel.publish({ name, event });
      },
    });
    this.#invocations = new Invocations({
      kernel,
      tape,
      faultRate: schedule.faultPercent / 100,
      onCall: (invocation, call, fault) => {
        this.result.recordCall(invocation, call, fault);
        onCall?.(invocation, call);
        this.#recordViolation(() => this.#safety.checkStopsAtThrottle(invocation, call, fault));
        this.#recordViolation(() => this.#quotas.checkCall(invocation, call, kernel.now()));
        this.#recordViolation(() => this.#sends.checkCall(invocation, call, kernel.now()));
        if (fault !== 'none' && AWS_MUTATING_CALLS.has(call)) this.#reactToFault();
      },
    });
    const deletionTape = new Tape(from(schedule.tape, 0.125));
    this.#deletions = new DeletionChecks(this.#world, drawKeptMs(deletionTape));
    this.#owners = new OwnerChecks(this.#world);
    const rightsOptions = {
      now: () => kernel.now(),
      events: new RequestEvents(() => kernel.now()),
      clockSkewMaxMs: FUNCTION_SKEW_MAX_MS,
      isDeletionRequested: (id: string) => this.#clients.wasDeletionRequested(id),
    };
    this.#rights = new RightsChecks({ ...rightsOptions, owners: this.#owners });
    const links = new LinkChecks({ ...rightsOptions, ownership: (id) => this.#owners.ownershipOf(id) });
    const checks = { rights: this.#rights, links, events: rightsOptions.events };
    const retentionMs = drawRetentionMs(deletionTape, this.#deletions.keptMs);
    this.#retention = new RetentionChecks(this.#world, this.#clients, retentionMs);
    const reachTape = new Tape(from(schedule.tape.toReversed(), 0.25));
    const asksGate =
      reachTape.chance(ASKING_PROBABILITY) && !('WB_GATE_SILENT_TIMEOUT_SECONDS' in environment);
    this.#controller = new Controller({
      deletedKeptMs: this.#deletions.keptMs,
      retentionMs,
      kernel,
      tape,
      world: this.#world,
      invocations: this.#invocations,
      environment: { ...WITHOUT_IDLE_STOP, ...(asksGate ? ASKING : {}), ...environment },
      gateFor: (invocation) => this.#probe.portFor(invocation),
      fleet: new MixedFleet({
        kernel,
        tape,
        rollout: schedule.rollout,
        onViolation: (violation) => this.#fail(violation),
      }),
      rights: this.#withBudgetChecks(createRightsHooks(checks, (check) => this.#recordViolation(check))),
      onFreeCapacity: (saved) => this.#recordViolation(() => this.#safety.checkFreeCapacity(saved)),
      wrapStore: (inner) => this.#withChecks(inner),
      onError: (message, error) => this.#fail(new Error(message, { cause: error })),
    });
    this.#publishing = new SimulatedPublishing({
      kernel,
      tape: new Tape(from(schedule.tape.toReversed(), 0.25)),
      faultRate: schedule.faultPercent / 100,
      history: this.#controller.stores.history,
      onCall: (invocation, call, fault) => this.result.recordCall(invocation, call, fault),
      onError: (error) => this.#fail(error),
    });
    this.#channel = new EventChannel(kernel, tape, (delivery) => this.#deliver(delivery));
    this.#driveMapping = new EventSourceMappingModel(this.#world.sqs, (batch) =>
      this.#controller.drive(batch),
    );
    this.#driveHostMapping = new EventSourceMappingModel(this.#world.hostSqs, (batch) =>
      this.#controller.driveHost(batch),
    );
    this.#driveDeleteMapping = new EventSourceMappingModel(this.#world.deleteSqs, (batch) =>
      this.#controller.driveDelete(batch),
    );
    this.#costs = new CostChecks(this.#world, this.#controller.stores.usage);
    this.#quotas = new QuotaChecks(
      this.#controller.stores.quotas,
      () => this.#lastWritten.values(),
      this.#world,
      this.#costs,
    );
    this.#users = new SimulatedUsers(kernel, this.#controller, this.#clients, this.#owners);
    this.#moves = new SimulatedMoves({
      kernel,
      tape: new Tape(from(schedule.tape, 0.5)),
      controller: this.#controller,
      users: this.#users,
      owners: this.#owners,
      log: (line) => this.result.log(line),
      onError: (error) => this.#fail(error),
    });
    const guestOptions = {
      kernel,
      controller: this.#controller,
      users: this.#users,
      owners: this.#owners,
      clockSteps: this.#world.functionClock.steps,
      log: (line: string) => this.result.log(line),
      onError: (error: unknown) => this.#fail(error),
    };
    this.#guests = new SimulatedGuests({ ...guestOptions, tape: new Tape(from(schedule.tape, 0.75)) });
    this.#links = new SimulatedLinks({
      ...guestOptions,
      tape: new Tape(from(schedule.tape, 0.625)),
      giveAway: (id) => this.#moves.giveAway(id),
    });
    this.#safety = new SafetyChecks(
      this.#world,
      this.#clients,
      (id) => this.#lastWritten.get(id),
      (instanceId) => this.#drainChecks.isRequested(instanceId),
    );
    this.#unexpectedTasks = new UnexpectedTaskChecks(this.#world, (id) => this.#lastWritten.get(id));
    // From its end, so that visits take no number from the functions and from AWS.
    this.#gateTape = new Tape(schedule.tape.toReversed());
    this.#gateDraws = new HazardDraws(this.#gateTape, hazards);
    this.#gateChecks = new GateChecks(() => kernel.now());
    this.#visitors = this.#createVisitors();
    this.#reachDraws = new HazardDraws(
      reachTape,
      schedule.faultPercent === 0 ? withoutNoticedHazards(hazards) : hazards,
    );
    this.#reachChecks = new ReachChecks(this.#world, asksGate);
    this.#probe = new SimulatedProbe({
      kernel,
      tape: reachTape,
      draws: this.#reachDraws,
      world: this.#world,
      workbenches: this.#controller.stores.workbenches,
      checks: this.#reachChecks,
    });
    this.#drainChecks = new DrainChecks(this.#world, (id) => this.#lastWritten.get(id));
    this.#operator = new SimulatedOperator({
      kernel,
      tape: this.#gateTape,
      draws: this.#gateDraws,
      world: this.#world,
      controller: this.#controller,
      checks: this.#drainChecks,
      record: (check) => this.#recordViolation(check),
      log: (line) => this.result.log(line),
    });
    this.#restores = new SimulatedRestores({
      kernel,
      tape: deletionTape,
      users: this.#users,
      owners: this.#owners,
      checks: this.#deletions,
      log: (line) => this.result.log(line),
      onError: (error) => this.#fail(error),
    });
    this.#timetableChecks = new TimetableChecks(this.#world, this.#clients);
    this.#timetables = new SimulatedTimetables({
      kernel,
      tape: timetableTape,
      time,
      world: this.#world,
      controller: this.#controller,
      users: this.#users,
      owners: this.#owners,
      checks: this.#timetableChecks,
      recordOf: (id) => this.#lastWritten.get(id),
      hasRetention: retentionMs > 0,
      log: (line) => this.result.log(line),
      onError: (error) => this.#fail(error),
    });
    this.#idleChecks = new IdleChecks(this.#world);
    this.#use = new SimulatedUse({
      kernel,
      tape: new Tape(from(schedule.tape, 0.25)),
      controller: this.#controller,
      checks: this.#idleChecks,
      recordOf: (id) => this.#lastWritten.get(id),
      workbenches: () => this.#users.workbenches,
      log: (line) => this.result.log(line),
      record: (check) => this.#recordViolation(check),
      onError: (error) => this.#fail(error),
    });
  }

  #createVisitors(): SimulatedVisitors {
    const onError = (message: string, error: unknown) => {
      if (isProgrammingError(error)) this.#fail(new Error(`a gate logged: ${message}`, { cause: error }));
    };
    return new SimulatedVisitors({
      kernel: this.kernel,
      tape: this.#gateTape,
      draws: this.#gateDraws,
      world: this.#world,
      workbenches: this.#controller.stores.workbenches,
      checks: this.#gateChecks,
      telemetry: {
        info: () => {},
        warn: () => {},
        error: (message, _, error) => onError(message, error),
        count: () => {},
      },
      record: (check) => this.#recordViolation(check),
      log: (line) => this.result.recordVisit(line),
    });
  }

  /** Delivers an event to a function. Returns whether it succeeded. */
  async #deliver({ name, event }: Delivery): Promise<boolean> {
    const checkNoticed = this.#safety.interruptions.expectNoticed(event, this.kernel.now());
    const succeeded = await this.#controller.handleEvent(name, event);
    if (!succeeded) return false;
    this.#recordViolation(checkNoticed);
    this.#recordViolation(() => this.#unexpectedTasks.checkHandled(event));
    return true;
  }

  async execute(): Promise<void> {
    await this.#quotas.drawLimits(new Tape(from(this.#schedule.tape.toReversed(), 0.5)));
    this.#every(MINUTE, () => this.#controller.sweepDue());
    // Without faults no user may notice a failure, and a drain ends runs.
    if (this.#schedule.faultPercent > 0) this.#operator.schedule((error) => this.#fail(error));
    this.#every(10 * MINUTE, () => this.#controller.sweepAll());
    // Without faults it must have nothing to correct.
    if (this.#schedule.faultPercent > 0)
      this.#every(QUOTA_SWEEP_INTERVAL_MS, () => this.#controller.sweepQuotas());
    for (const command of this.#schedule.commands) {
      this.kernel.after(command.at, () => this.#execute(command));
      if (ENDING_COMMANDS.has(command.kind)) this.#visitBefore(command);
    }
    for (let at = VOLUME_SWEEP_INTERVAL_MS; at < FAULT_PHASE_MS; at += VOLUME_SWEEP_INTERVAL_MS) {
      this.kernel.after(at, () => {
        this.#controller.sweepVolumes(VOLUME_GRACE_MS).catch((error) => this.#fail(error));
      });
    }
    this.#moves.schedule();
    this.#restores.schedule();
    this.#use.schedule();
    this.#guests.schedule();
    this.#links.schedule();
    this.#timetables.schedule();
    await this.#runUntil(this.#startedAt + FAULT_PHASE_MS);
    this.result.drawsDuringFaults = this.#tape.drawCount;
    this.#disableFaults();
    await this.#endDrains();
    // A call that was in flight may still take effect, and a frozen function may still continue.
    await this.#runUntil(this.kernel.now() + 15 * MINUTE);
    await this.#waitUntilSettled('after the fault phase', SETTLE_TIMEOUT_MS - 15 * MINUTE);
    this.#checkDesiredStates();
    this.#deletions.checkEnded(this.#records(), this.kernel.now());
    this.#retention.checkEnded(this.#records(), this.kernel.now());
    this.#owners.checkRecords(this.#records());
    this.#costs.check(this.#records(), this.kernel.now());
    this.#quotas.checkLedgers('after the fault phase');
    await this.#checkPublished();
    await this.#quotas.removeLimits();
    await this.#runUntilDone(this.#timetables.removeAll());
    this.#use.use();
    await this.#startAll();
    const checkCosts = this.#costs.expectCosts(this.#records(), this.kernel.now());
    await this.#waitForSweeps();
    checkCosts(this.#records(), this.kernel.now());
    this.#checkNoOrphans();
    this.#quotas.checkLedgers('after all workbenches were started');
    await this.#visitLast();
    await this.#deleteAll();
    this.#costs.check([], this.kernel.now());
    await this.#checkPublished();
  }

  finish(): void {
    this.result.hazards = new Map([
      ...this.#world.hazardCounts,
      ...this.#reachDraws.counts,
      ...this.#gateDraws.counts,
    ]);
    this.result.finish(this.kernel.now());
  }

  #execute(command: Command): void {
    this.result.log(describeCommand(command));
    this.#users.execute(command).catch((error) => this.#fail(error));
  }

  /** Lets visitors come before a command that ends the run of a workbench, so that it ends while they use it. */
  #visitBefore(command: Command): void {
    const at = Math.max(0, command.at - this.#gateTape.intBetween(VISIT_LEAD_MIN_MS, VISIT_LEAD_MAX_MS));
    this.kernel.after(at, () => {
      const visited = this.#users.workbenchOf(command);
      if (visited !== undefined && this.#visits < VISITS_MAX) this.#visit(visited.workbenchId);
    });
  }

  /** Lets visitors use a workbench when nothing fails. It is deleted meanwhile. */
  async #visitLast(): Promise<void> {
    const record = this.#records().find(({ status }) => status === 'running');
    if (record === undefined) return;
    this.#visit(record.workbenchId);
    await this.#runUntil(this.kernel.now() + LAST_VISIT_MS);
  }

  #visit(workbenchId: string): void {
    const record = this.#lastWritten.get(workbenchId);
    if (record?.status !== 'running') return;
    this.#visits += 1;
    const other = USERS.find((user) => user !== record.userId) ?? '';
    this.#visitors.visit(workbenchId, record.userId, other).catch((error) => this.#fail(error));
  }

  /** Lets a user act at the worst moment: while the outcome of a call is unknown. */
  #reactToFault(): void {
    const tape = this.#tape;
    if (!tape.chance(REACTION_PROBABILITY)) return;
    const at = this.kernel.now() + tape.intBetween(0, REACTION_DELAY_MAX_MS);
    if (at >= this.#startedAt + FAULT_PHASE_MS) return;
    const [user, slot] = [tape.intBetween(0, USERS.length - 1), tape.intBetween(0, SLOTS_PER_USER - 1)];
    const command = { at, user, slot, kind: tape.pick(REACTIONS), dedicated: false };
    this.kernel.after(at - this.kernel.now(), () => this.#execute(command));
  }

  #disableFaults(): void {
    this.result.log('--- end of the fault phase: no more faults from here on ---');
    this.#world.disableHazards();
    this.#invocations.disableFaults();
    this.#channel.disableHazards();
    this.#controller.disableHazards();
    this.#gateDraws.disableHazards();
    this.#reachDraws.disableHazards();
    this.#use.disableFaults();
    this.#publishing.disableFaults();
  }

  /** A drain that was requested in the fault phase may take effect later, so the operator takes it back twice. */
  async #endDrains(): Promise<void> {
    if (!this.#operator.hasRequested) return;
    await this.#runUntilDone(this.#operator.cancel());
    await this.#runUntil(this.kernel.now() + 15 * MINUTE);
    await this.#runUntilDone(this.#operator.cancel());
  }

  /**
   * Waits until every record is settled and its history is written.
   * @throws RuleViolation after `withinMs`
   */
  async #waitUntilSettled(phase: string, withinMs: number): Promise<void> {
    const end = this.kernel.now() + withinMs;
    const unsettled = () =>
      this.#records().filter((record) => !isSettled(record) || record.outbox.length > 0);
    while (unsettled().length > 0 && this.kernel.now() < end)
      await this.#runUntil(this.kernel.now() + MINUTE);
    const left = unsettled();
    if (left.length > 0) {
      throw new RuleViolation(
        `not settled within ${withinMs / MINUTE} minutes ${phase}: ${left.map(describeUnsettled).join(', ')}`,
      );
    }
  }

  /** Checks that each record has a state that its clients may have requested last. */
  #checkDesiredStates(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const workbenchId of this.#clients.workbenchIds) {
      const record = records.get(workbenchId);
      const possible = this.#clients.possibleStates(workbenchId);
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
  async #startAll(): Promise<void> {
    const present = () => this.#records().filter((record) => !isDeleted(record));
    for (const { userId, workbenchId } of present()) {
      const { status } = await this.#runUntilDone(this.#users.change(userId, workbenchId, 'start'));
      // The retention may have deleted it just before.
      if (status !== 200 && present().some((record) => record.workbenchId === workbenchId))
        throw new RuleViolation(
          `the start of workbench ${workbenchId} returned ${status} although no fault was injected`,
        );
    }
    // What users asked for in the fault phase, for example an extension, ends before the idle stops are checked.
    await this.#runUntil(this.kernel.now() + 15 * MINUTE);
    await this.#waitUntilSettled('after a start without faults', START_TIMEOUT_MS - 15 * MINUTE);
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
  async #checkPublished(): Promise<void> {
    const end = this.kernel.now() + MINUTE;
    while (this.#publishing.unpublished > 0 && this.kernel.now() < end)
      await this.#runUntil(this.kernel.now() + 1000);
    this.#publishing.check();
  }

  /** Gives the sweeps the time to delete orphans, and workbenches the time to become idle. Then sweeps the volumes. */
  async #waitForSweeps(): Promise<void> {
    const checkTimetables = await this.#runUntilDone(this.#timetables.rest());
    const { observedMs, check } = this.#use.rest();
    await this.#runUntil(this.kernel.now() + Math.max(ORPHAN_DELETION_TIMEOUT_MS, observedMs));
    check();
    checkTimetables();
    const sweptAt = this.kernel.now();
    await this.#runUntilDone(this.#controller.sweepVolumes(VOLUME_GRACE_MS));
    this.#costs.checkMeasured(this.#records(), sweptAt);
    // An idle stop may still be in progress.
    await this.#waitUntilSettled('after the idle stops', STOP_TIMEOUT_MS);
    this.#checkDesiredStates();
  }

  /** Checks that every running container, host, volume and registration belongs to a record. */
  #checkNoOrphans(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const { workbenchId, taskArn } of this.#world.containers) {
      if (records.get(workbenchId)?.status !== 'running')
        throw new RuleViolation(`the container of the orphaned task ${taskArn} still runs`);
    }
    for (const { instanceId } of this.#world.liveHosts) {
      const isReferenced = [...records.values()].some(({ host }) => host?.instanceId === instanceId);
      if (!isReferenced)
        throw new RuleViolation(`the orphaned host ${instanceId} has not been terminated and costs money`);
    }
    for (const { path } of this.#world.directories.values()) {
      if (path.includes('/.')) continue;
      const workbenchId = path.split('/').at(-1) ?? '';
      if (!records.has(workbenchId) && !this.#isFromFuture(workbenchId))
        throw new RuleViolation(`the orphaned volume ${path} still exists`);
    }
    for (const { arn, ec2Instance } of this.#world.staleRegistrations) {
      if (ec2Instance.spec.provider !== undefined) continue;
      throw new RuleViolation(
        `the container instance ${arn} is still registered although its host ${ec2Instance.instanceId} is terminated`,
      );
    }
  }

  /** Deletes all workbenches and checks that nothing of them is left. */
  async #deleteAll(): Promise<void> {
    for (const { userId, workbenchId } of this.#records()) {
      this.#deletions.noteImmediate(workbenchId);
      const now = this.#deletions.keptMs === 0 ? '' : '&now=true';
      await this.#runUntilDone(this.#users.change(userId, workbenchId, 'delete', now));
    }
    const end = this.kernel.now() + HOUR;
    while (this.#records().length > 0 && this.kernel.now() < end)
      await this.#runUntil(this.kernel.now() + MINUTE);
    const left = this.#records();
    if (left.length > 0) {
      throw new RuleViolation(
        `workbench ${left[0]?.workbenchId} was deleted one hour ago, but its record is still ${left[0]?.status}`,
      );
    }
    // The call that deleted the last record releases its quota afterwards.
    await this.#runUntil(this.kernel.now() + MINUTE);
    const after = 'after the deletion of all workbenches';
    this.#quotas.checkLedgers(after);
    for (const { taskArn } of this.#world.containers)
      throw new RuleViolation(`${after} the container of ${taskArn} still runs`);
    for (const { instanceId, state } of this.#world.liveHosts)
      throw new RuleViolation(`${after} the host ${instanceId} is still ${state}`);
    for (const { path } of this.#world.directories.values())
      throw new RuleViolation(`${after} the directory ${path} still exists`);
    const definedFamily = () =>
      this.#world.definedFamilies.find((name) => !this.#isFromFuture(name.slice(-26)));
    const definitionsEnd = this.kernel.now() + DEFINITION_CLEANUP_TIMEOUT_MS;
    while (definedFamily() !== undefined && this.kernel.now() < definitionsEnd)
      await this.#runUntil(this.kernel.now() + MINUTE);
    const family = definedFamily();
    if (family !== undefined)
      throw new RuleViolation(`${after} the task definition family ${family} is still active`);
  }

  /** Whether the workbench was created while the clock was ahead. Its leftovers are kept until they are old by the clock. */
  #isFromFuture(workbenchId: string): boolean {
    return (createdAtOf(workbenchId) ?? 0) > this.kernel.now();
  }

  #records(): readonly Workbench[] {
    return this.#controller.stores.workbenches.listAll();
  }

  /** Runs all actions until `end`, with the safety checks after each. */
  async #runUntil(end: number): Promise<void> {
    while (await this.kernel.step(end)) {
      this.#safety.check();
      this.#gateChecks.check();
      this.#drainChecks.check();
      this.result.steps += 1;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.result.steps > STEPS_MAX)
        throw new RuleViolation(`the schedule took more than ${STEPS_MAX} steps: an endless loop`);
    }
  }

  /** Advances the time until the promise settles. */
  async #runUntilDone<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const result = work.finally(() => {
      done = true;
    });
    result.catch(() => {});
    while (!done) await this.#runUntil(this.kernel.now() + 1000);
    return result;
  }

  #every(ms: number, action: () => Promise<void>): void {
    this.kernel.after(ms, () => {
      action().catch((error) => this.#fail(error));
      this.#every(ms, action);
    });
  }

  /** Ends the schedule instead of throwing into the product, which would handle the error. */
  #recordViolation(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Checks also that no start is refused for a limit of the month that is not reached. */
  #withBudgetChecks(hooks: RightsHooks): RightsHooks {
    return {
      ...hooks,
      onResponse: (apiCall) => {
        hooks.onResponse(apiCall);
        const ownerOf = (id: string) =>
          this.#owners.hasMovedSince(id, apiCall.sentAt) ? undefined : this.#owners.ownerOf(id);
        this.#recordViolation(() => this.#quotas.budget.checkResponse(apiCall, ownerOf, this.kernel.now()));
      },
    };
  }

  /** Wraps the store so that each write is checked and recorded. */
  #withChecks(inner: WorkbenchStore): WorkbenchStore {
    const onWritten = (record: Workbench, before: Workbench | undefined) => {
      this.#lastWritten.set(record.workbenchId, record);
      this.#costs.noteWritten(record);
      this.#recordViolation(() => this.#costs.checkFiles(record));
      this.#gateChecks.noteRecord(record);
      this.result.recordTransition(record, before?.status);
      this.#recordViolation(() => this.#safety.checkWrite(record, before, this.kernel.now()));
      this.#recordViolation(() => this.#reachChecks.checkWrite(record, before));
      this.#recordViolation(() => this.#idleChecks.checkWrite(record, before, this.kernel.now()));
      this.#recordViolation(() => this.#drainChecks.checkWrite(record, before, this.kernel.now()));
      this.#recordViolation(() => this.#deletions.checkWrite(record, before, this.kernel.now()));
      this.#recordViolation(() => this.#retention.checkWrite(record, before, this.kernel.now()));
      this.#recordViolation(() => this.#timetableChecks.checkWrite(record, before, this.kernel.now()));
      // With faults, what a request has left in a ledger is removed later.
      const isOver = before?.status === 'stopped' && isDeleted(before) && record.status === 'deleting';
      const isCertain = this.#clients.isDeletionAcknowledged(record.workbenchId);
      if (isOver && isCertain && this.#schedule.faultPercent === 0)
        this.#recordViolation(() => this.#quotas.checkNotCounted(record));
      this.#recordViolation(() => this.#quotas.checkLimits());
      this.#recordViolation(() => this.#quotas.checkCovered(record));
      this.#recordViolation(() => this.#quotas.budget.checkWrite(record, before, this.kernel.now()));
    };
    return replaceMethods(inner, {
      create: async (record, idempotencyKey) => {
        const created = await inner.create(record, idempotencyKey);
        if (created === 'created') {
          this.#recordViolation(() => this.#owners.checkCreated(record, this.kernel.now()));
          onWritten(record, undefined);
        }
        return created;
      },
      move: async (record, from, revision, closed) => {
        const before = this.#lastWritten.get(record.workbenchId);
        const moved = await inner.move(record, from, revision, closed);
        if (moved === 'moved') {
          this.#recordViolation(() => this.#owners.checkMoved(record, before, this.kernel.now()));
          this.#recordViolation(() => this.#rights.checkMoved(record));
          onWritten(record, before);
        }
        return moved;
      },
      update: async (record, revision, closed) => {
        const before = this.#lastWritten.get(record.workbenchId);
        const updated = await inner.update(record, revision, closed);
        if (updated === 'updated') onWritten(record, before);
        return updated;
      },
      delete: async (key, revision) => {
        const deleted = await inner.delete(key, revision);
        // Of two calls at the same time the other one may have deleted it, or this one may have been refused.
        if (deleted === 'deleted' && this.#lastWritten.delete(key.workbenchId)) {
          this.#gateChecks.noteRemoval(key.workbenchId);
          this.result.recordRemoval(key.workbenchId);
          this.#recordViolation(() => this.#owners.checkRemoved(key, this.kernel.now()));
          this.#recordViolation(() => this.#safety.checkRemoval(key));
        }
        return deleted;
      },
    });
  }
}

/** The numbers after this share of all, then those before it. */
function from(numbers: readonly number[], share: number): readonly number[] {
  const first = Math.floor(numbers.length * share);
  return [...numbers.slice(first), ...numbers.slice(0, first)];
}

/** An unsettled record in a rule violation. */
function describeUnsettled({ workbenchId, status, outbox }: Workbench): string {
  const history = outbox.length > 0 ? ` with ${outbox.length} unwritten history entries` : '';
  return `workbench ${workbenchId} is ${status}${history}`;
}
