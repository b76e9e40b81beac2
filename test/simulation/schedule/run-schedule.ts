import type { Workbench } from '#core/workbench/workbench.ts';
import { GateChecks } from '../gate/gate-checks.ts';
import { GATE_SILENT_TIMEOUT_MS, ReachChecks } from '../gate/reach-checks.ts';
import { SimulatedProbe } from '../gate/simulated-probe.ts';
import { Invocations } from '../invocation.ts';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { HazardDraws, type Hazards, withoutNoticedHazards } from '../world/hazards.ts';
import { World } from '../world/world.ts';
import { WORLD_OPTIONS } from '../world/world-fixture.ts';
import { checkedStore, type WriteRules } from './checked-store.ts';
import { ClientHistory } from './client-history.ts';
import {
  type Command,
  describeCommand,
  FAULT_PHASE_MS,
  type Schedule,
  SLOTS_PER_USER,
  USERS,
} from './commands.ts';
import { Controller, eventHandlersFor } from './controller.ts';
import { CostChecks } from './cost-checks.ts';
import { DeletionChecks } from './deletion-checks.ts';
import { DrainChecks } from './drain-checks.ts';
import { type Delivery, EventChannel } from './event-channel.ts';
import { EventSourceMappingModel } from './event-source-mapping.ts';
import { FaultlessPhase } from './faultless-phase.ts';
import { FUNCTION_SKEW_MAX_MS } from './function-ports.ts';
import { HostStateChecks } from './host-state-checks.ts';
import { IdleChecks } from './idle-checks.ts';
import { LinkChecks } from './link-checks.ts';
import { MixedFleet } from './mixed-fleet.ts';
import { OwnerChecks } from './owner-checks.ts';
import { Participants, tapeFrom } from './participants.ts';
import { QuotaChecks } from './quota-checks.ts';
import { RequestEvents } from './request-events.ts';
import { RetentionChecks } from './retention-checks.ts';
import { RightsChecks } from './rights-checks.ts';
import { createRightsHooks, type RightsHooks } from './rights-hooks.ts';
import { SafetyChecks } from './safety-checks.ts';
import { ScheduleResult } from './schedule-result.ts';
import { ScheduledVisits } from './scheduled-visits.ts';
import { SendChecks } from './send-checks.ts';
import { SimulatedPublishing } from './simulated-publishing.ts';
import { drawKeptMs, drawRetentionMs } from './simulated-restores.ts';
import { SimulatedUsers } from './simulated-users.ts';
import { StepRunner } from './step-runner.ts';
import { drawWorldTime } from './timetable.ts';
import { TimetableChecks } from './timetable-checks.ts';
import { UnexpectedTaskChecks } from './unexpected-task-checks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** After the fault phase all records settle within this time: the sum of the transition deadlines. */
const SETTLE_TIMEOUT_MS = 3 * HOUR;
/** The sweep of volumes runs far more often than in production, so that it meets every stage of a start. */
const VOLUME_SWEEP_INTERVAL_MS = 4 * MINUTE;
/** The sweep of quotas runs more often than in production, so that it meets requests in progress. */
const QUOTA_SWEEP_INTERVAL_MS = 3 * MINUTE;
/** The grace period of orphaned volumes: longer than any index is stale. */
const VOLUME_GRACE_MS = 15 * MINUTE;
/** Messages practically never reach the dead-letter queue, so that a message that always fails stays visible. */
const QUEUE_OPTIONS = { visibilityTimeoutSeconds: 90, maxReceiveCount: 1000 };

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

class ScheduleRun {
  readonly kernel: Kernel;
  readonly result: ScheduleResult;
  readonly #steps: StepRunner;
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
  readonly #hostStates: HostStateChecks;
  readonly #unexpectedTasks: UnexpectedTaskChecks;
  readonly #owners: OwnerChecks;
  readonly #costs: CostChecks;
  readonly #quotas: QuotaChecks;
  readonly #sends = new SendChecks();
  readonly #rights: RightsChecks;
  readonly #gateDraws: HazardDraws;
  readonly #gateChecks: GateChecks;
  readonly #reachDraws: HazardDraws;
  readonly #reachChecks: ReachChecks;
  readonly #probe: SimulatedProbe;
  readonly #drainChecks: DrainChecks;
  readonly #idleChecks: IdleChecks;
  readonly #publishing: SimulatedPublishing;
  readonly #deletions: DeletionChecks;
  readonly #retention: RetentionChecks;
  readonly #timetableChecks: TimetableChecks;
  readonly #visits: ScheduledVisits;
  readonly #participants: Participants;
  readonly #faultless: FaultlessPhase;
  /** The existing records as last written, by workbench id. */
  readonly #lastWritten = new Map<string, Workbench>();

  constructor(schedule: Schedule, options: ScheduleOptions) {
    const { captureLogLines = false, hazards = {}, environment = {}, onCall } = options;
    const timetableTape = tapeFrom(schedule.tape, 0.375);
    const time = drawWorldTime(timetableTape);
    const kernel = new Kernel(time.beginsAt);
    this.kernel = kernel;
    this.#schedule = schedule;
    this.#startedAt = kernel.now();
    const tape = new Tape(schedule.tape);
    this.#tape = tape;
    this.result = new ScheduleResult(kernel, captureLogLines);
    this.#steps = new StepRunner(kernel, this.result, () => {
      this.#safety.check();
      this.#unexpectedTasks.check();
      this.#gateChecks.check();
      this.#drainChecks.check();
    });
    this.#world = new World(kernel, tape, {
      ...WORLD_OPTIONS,
      hazards: schedule.faultPercent === 0 ? withoutNoticedHazards(hazards) : hazards,
      queue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveMapping.receiveBatches() },
      hostQueue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveHostMapping.receiveBatches() },
      deleteQueue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#driveDeleteMapping.receiveBatches() },
      onEvent: (event) => {
        this.#hostStates.noteEvent(event);
        for (const name of eventHandlersFor(event)) this.#channel.publish({ name, event });
      },
    });
    this.#hostStates = new HostStateChecks(this.#world, () => kernel.now());
    this.#invocations = new Invocations({
      kernel,
      tape,
      faultRate: schedule.faultPercent / 100,
      onCall: (invocation, call, fault) => {
        this.result.recordCall(invocation, call, fault);
        onCall?.(invocation, call);
        this.#steps.record(() => this.#safety.checkStopsAtThrottle(invocation, call, fault));
        this.#steps.record(() => this.#quotas.checkCall(invocation, call, kernel.now()));
        this.#steps.record(() => this.#sends.checkCall(invocation, call, kernel.now()));
        if (fault !== 'none' && AWS_MUTATING_CALLS.has(call)) this.#reactToFault();
      },
    });
    const deletionTape = tapeFrom(schedule.tape, 0.125);
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
    const reachTape = tapeFrom(schedule.tape.toReversed(), 0.25);
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
        onViolation: (violation) => this.#steps.fail(violation),
      }),
      rights: this.#withBudgetChecks(createRightsHooks(checks, (check) => this.#steps.record(check))),
      onFreeCapacity: (saved) => this.#steps.record(() => this.#safety.checkFreeCapacity(saved)),
      wrapStore: (inner) =>
        checkedStore(inner, {
          rules: () => this.#rules,
          clients: this.#clients,
          steps: this.#steps,
          result: this.result,
          lastWritten: this.#lastWritten,
          isFaultless: schedule.faultPercent === 0,
        }),
      onError: (message, error) => this.#steps.fail(new Error(message, { cause: error })),
    });
    this.#publishing = new SimulatedPublishing({
      kernel,
      tape: tapeFrom(schedule.tape.toReversed(), 0.25),
      faultRate: schedule.faultPercent / 100,
      history: this.#controller.stores.history,
      onCall: (invocation, call, fault) => this.result.recordCall(invocation, call, fault),
      onError: (error) => this.#steps.fail(error),
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
    const recordOf = (id: string) => this.#lastWritten.get(id);
    this.#safety = new SafetyChecks(this.#world, this.#clients, recordOf, (instanceId) =>
      this.#drainChecks.isRequested(instanceId),
    );
    this.#unexpectedTasks = new UnexpectedTaskChecks(this.#world, recordOf);
    // From its end, so that visits take no number from the functions and from AWS.
    const gateTape = new Tape(schedule.tape.toReversed());
    this.#gateDraws = new HazardDraws(gateTape, hazards);
    this.#gateChecks = new GateChecks(() => kernel.now());
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
    this.#drainChecks = new DrainChecks(this.#world, recordOf);
    this.#timetableChecks = new TimetableChecks(this.#world, this.#clients);
    this.#idleChecks = new IdleChecks(this.#world);
    const acting = {
      ...{ kernel, recordOf, steps: this.#steps, result: this.result, world: this.#world },
      controller: this.#controller,
      users: this.#users,
    };
    this.#visits = new ScheduledVisits({
      ...acting,
      tape: gateTape,
      draws: this.#gateDraws,
      checks: this.#gateChecks,
    });
    this.#participants = new Participants({
      ...acting,
      owners: this.#owners,
      deletions: this.#deletions,
      drains: this.#drainChecks,
      idle: this.#idleChecks,
      timetables: this.#timetableChecks,
      tapes: {
        moves: tapeFrom(schedule.tape, 0.5),
        guests: tapeFrom(schedule.tape, 0.75),
        links: tapeFrom(schedule.tape, 0.625),
        restores: deletionTape,
        timetables: timetableTape,
        use: tapeFrom(schedule.tape, 0.25),
        operator: gateTape,
      },
      operatorDraws: this.#gateDraws,
      time,
      hasRetention: retentionMs > 0,
    });
    this.#faultless = new FaultlessPhase({
      steps: this.#steps,
      world: this.#world,
      controller: this.#controller,
      clients: this.#clients,
      users: this.#users,
      costs: this.#costs,
      quotas: this.#quotas,
      deletions: this.#deletions,
      publishing: this.#publishing,
      timetables: this.#participants.timetables,
      use: this.#participants.use,
      volumeGraceMs: VOLUME_GRACE_MS,
    });
  }

  /** The rules that each write is checked against. */
  get #rules(): WriteRules {
    return {
      safety: this.#safety,
      hostStates: this.#hostStates,
      owners: this.#owners,
      rights: this.#rights,
      gate: this.#gateChecks,
      reach: this.#reachChecks,
      idle: this.#idleChecks,
      drains: this.#drainChecks,
      deletions: this.#deletions,
      retention: this.#retention,
      timetables: this.#timetableChecks,
      costs: this.#costs,
      quotas: this.#quotas,
    };
  }

  /** Delivers an event to a function. Returns whether it succeeded. */
  async #deliver({ name, event }: Delivery): Promise<boolean> {
    const checkNoticed = this.#safety.interruptions.expectNoticed(event, this.kernel.now());
    const succeeded = await this.#controller.handleEvent(name, event);
    if (!succeeded) return false;
    this.#steps.record(checkNoticed);
    this.#steps.record(() => this.#unexpectedTasks.checkHandled(event));
    return true;
  }

  async execute(): Promise<void> {
    await this.#quotas.drawLimits(tapeFrom(this.#schedule.tape.toReversed(), 0.5));
    this.#steps.every(MINUTE, () => this.#controller.sweepDue());
    // Without faults no user may notice a failure, and a drain ends runs.
    if (this.#schedule.faultPercent > 0) this.#participants.scheduleDrains();
    this.#steps.every(10 * MINUTE, () => this.#controller.sweepAll());
    // Without faults it must have nothing to correct.
    if (this.#schedule.faultPercent > 0)
      this.#steps.every(QUOTA_SWEEP_INTERVAL_MS, () => this.#controller.sweepQuotas());
    for (const command of this.#schedule.commands) {
      this.kernel.after(command.at, () => this.#execute(command));
      this.#visits.scheduleBefore(command);
    }
    for (let at = VOLUME_SWEEP_INTERVAL_MS; at < FAULT_PHASE_MS; at += VOLUME_SWEEP_INTERVAL_MS) {
      this.kernel.after(at, () => {
        this.#controller.sweepVolumes(VOLUME_GRACE_MS).catch((error) => this.#steps.fail(error));
      });
    }
    this.#participants.schedule();
    await this.#steps.runUntil(this.#startedAt + FAULT_PHASE_MS);
    this.result.drawsDuringFaults = this.#tape.drawCount;
    this.#disableFaults();
    await this.#participants.endDrains();
    // A call that was in flight may still take effect, and a frozen function may still continue.
    await this.#steps.runFor(15 * MINUTE);
    await this.#faultless.waitUntilSettled('after the fault phase', SETTLE_TIMEOUT_MS - 15 * MINUTE);
    this.#faultless.checkDesiredStates();
    this.#deletions.checkEnded(this.#faultless.records, this.kernel.now());
    this.#retention.checkEnded(this.#faultless.records, this.kernel.now());
    this.#owners.checkRecords(this.#faultless.records);
    this.#costs.check(this.#faultless.records, this.kernel.now());
    this.#quotas.checkLedgers('after the fault phase');
    await this.#faultless.checkPublished();
    await this.#quotas.removeLimits();
    await this.#steps.runUntilDone(this.#participants.timetables.removeAll());
    this.#participants.use.use();
    await this.#faultless.startAll();
    const checkCosts = this.#costs.expectCosts(this.#faultless.records, this.kernel.now());
    await this.#faultless.waitForSweeps();
    checkCosts(this.#faultless.records, this.kernel.now());
    this.#faultless.checkNoOrphans();
    this.#quotas.checkLedgers('after all workbenches were started');
    await this.#visits.visitLast(this.#faultless.records);
    await this.#faultless.deleteAll();
    this.#costs.check([], this.kernel.now());
    await this.#faultless.checkPublished();
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
    this.#users.execute(command).catch((error) => this.#steps.fail(error));
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
    this.#participants.use.disableFaults();
    this.#publishing.disableFaults();
  }

  /** Checks also that no start is refused for a limit of the month that is not reached. */
  #withBudgetChecks(hooks: RightsHooks): RightsHooks {
    return {
      ...hooks,
      onResponse: (apiCall) => {
        hooks.onResponse(apiCall);
        const ownerOf = (id: string) =>
          this.#owners.hasMovedSince(id, apiCall.sentAt) ? undefined : this.#owners.ownerOf(id);
        this.#steps.record(() => this.#quotas.budget.checkResponse(apiCall, ownerOf, this.kernel.now()));
      },
    };
  }
}
