import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { isSettled } from '#core/workbench/workbench.ts';
import { Invocations } from '../invocation.ts';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { World } from '../world/world.ts';
import { WORLD_OPTIONS } from '../world/world-fixture.ts';
import { ClientHistory } from './client-history.ts';
import { type Command, FAULT_PHASE_MS, type Schedule, SLOTS_PER_USER, USERS } from './commands.ts';
import { Controller } from './controller.ts';
import { EventChannel } from './event-channel.ts';
import { EventSourceMappingModel } from './event-source-mapping.ts';
import { RuleViolation, SafetyChecks } from './safety-checks.ts';
import { ScheduleResult } from './schedule-result.ts';
import { SimulatedUsers } from './simulated-users.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Once nothing goes wrong any more, everything settles within this: the deadlines, one after another. */
const SETTLE_TIMEOUT_MS = 3 * HOUR;
/** A start that is accepted when nothing goes wrong reaches `running` within this. */
const START_TIMEOUT_MS = 30 * MINUTE;
/** What nobody wants is found and, past its grace, gone within this. */
const ORPHAN_DELETION_TIMEOUT_MS = 35 * MINUTE;
/** Volumes are swept far more often than they are in the end, so that it happens at every moment of a start. */
const VOLUME_SWEEP_INTERVAL_MS = 4 * MINUTE;
/** Volumes that nobody wants are spared for so long: longer than any index lags. */
const VOLUME_GRACE_MS = 15 * MINUTE;
/** The task definitions of what is destroyed are gone within this: the interval of the audits, and a pass of one. */
const DEFINITION_CLEANUP_TIMEOUT_MS = 15 * MINUTE;
/** No message is given up: what comes of one that always fails is to be seen. */
const QUEUE_OPTIONS = { visibilityTimeoutSeconds: 90, maxReceiveCount: 1000 };
/** A schedule that takes more steps than this goes round in circles. */
const STEPS_MAX = 60_000;

export interface ScheduleOptions {
  readonly captureLogLines?: boolean;
  /** Told of each call that a function makes: `drive#12`, `RunTask`. */
  readonly onCall?: (invocation: string, call: string) => void;
}

/**
 * Runs one schedule: trouble, then calm, and all the checks. A broken rule is in the outcome, with the story of
 * how it came about.
 */
export async function runSchedule(
  schedule: Schedule,
  options: ScheduleOptions = {},
): Promise<ScheduleResult> {
  const run = new ScheduleRun(schedule, options);
  try {
    await run.execute();
  } catch (error) {
    run.outcome.violation = error instanceof Error ? error : new Error(String(error));
  }
  run.outcome.finish(run.kernel.now());
  return run.outcome;
}

/** What changes the world: of these it matters what becomes of them when no answer comes. */
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
/** So often somebody changes their mind just then, and within so many milliseconds. */
const REACTION_PROBABILITY = 0.4;
const REACTION_DELAY_MAX_MS = 8000;
const REACTIONS = ['stop', 'delete', 'restart', 'start', 'stop'] as const;

class ScheduleRun {
  readonly kernel = new Kernel();
  readonly outcome: ScheduleResult;
  readonly #schedule: Schedule;
  readonly #startedAt: number;
  readonly #tape: Tape;
  readonly #clients = new ClientHistory();
  readonly #world: World;
  readonly #invocations: Invocations;
  readonly #controller: Controller;
  readonly #channel: EventChannel;
  readonly #consumer: EventSourceMappingModel;
  readonly #hostConsumer: EventSourceMappingModel;
  readonly #users: SimulatedUsers;
  readonly #safety: SafetyChecks;
  /** Each record that there is, as last written. */
  readonly #lastWritten = new Map<string, Workbench>();
  #failure: unknown;

  constructor(schedule: Schedule, { captureLogLines: story = false, onCall }: ScheduleOptions) {
    const { kernel } = this;
    this.#schedule = schedule;
    this.#startedAt = kernel.now();
    const tape = new Tape(schedule.tape);
    this.#tape = tape;
    this.outcome = new ScheduleResult(kernel, story);
    const hazards = schedule.faultPercent === 0 ? NO_HAZARDS : {};
    this.#world = new World(kernel, tape, {
      ...WORLD_OPTIONS,
      hazards,
      queue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#consumer.receiveBatches() },
      hostQueue: { ...QUEUE_OPTIONS, onMessageVisible: () => this.#hostConsumer.receiveBatches() },
      onEvent: (event) => this.#channel.publish(event),
    });
    this.#invocations = new Invocations({
      kernel,
      tape,
      faultRate: schedule.faultPercent / 100,
      onCall: (invocation, call, fault) => {
        this.outcome.recordCall(invocation, call, fault);
        onCall?.(invocation, call);
        if (fault !== 'none' && AWS_MUTATING_CALLS.has(call)) this.#reactToFault();
      },
    });
    this.#controller = new Controller({
      kernel,
      tape,
      world: this.#world,
      invocations: this.#invocations,
      wrapStore: (inner) => this.#withChecks(inner),
      onError: (message, error) => this.#fail(new Error(message, { cause: error })),
    });
    this.#channel = new EventChannel(kernel, tape, (event) => this.#controller.handleEvent(event));
    this.#consumer = new EventSourceMappingModel(this.#world.sqs, (batch) => this.#controller.drive(batch));
    this.#hostConsumer = new EventSourceMappingModel(this.#world.hostSqs, (batch) =>
      this.#controller.driveHost(batch),
    );
    this.#users = new SimulatedUsers(kernel, this.#controller, this.#clients);
    this.#safety = new SafetyChecks(this.#world, this.#clients, (id) => this.#lastWritten.get(id));
  }

  async execute(): Promise<void> {
    this.#every(MINUTE, () => this.#controller.sweepDue());
    this.#every(10 * MINUTE, () => this.#controller.sweepAll());
    for (const command of this.#schedule.commands) {
      this.kernel.after(command.at, () => this.#execute(command));
    }
    for (let at = VOLUME_SWEEP_INTERVAL_MS; at < FAULT_PHASE_MS; at += VOLUME_SWEEP_INTERVAL_MS) {
      this.kernel.after(at, () => {
        this.#controller.sweepVolumes(VOLUME_GRACE_MS).catch((error) => this.#fail(error));
      });
    }
    await this.#runUntil(this.#startedAt + FAULT_PHASE_MS);
    this.outcome.drawsDuringFaults = this.#tape.drawCount;
    this.#disableFaults();
    await this.#waitUntilSettled('after the trouble', SETTLE_TIMEOUT_MS);
    this.#checkDesiredStates();
    await this.#startAll();
    await this.#sweepOrphans();
    this.#checkNoOrphans();
    await this.#deleteAll();
  }

  #execute(command: Command): void {
    const { kind, user, slot, dedicated } = command;
    this.outcome.log(`user: ${kind} ${user}/${slot}${dedicated ? ' (dedicated)' : ''}`);
    this.#users.execute(command).catch((error) => this.#fail(error));
  }

  /** People act at the worst moment: while nobody knows what has become of a call. */
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
    this.outcome.log('--- from here on nothing goes wrong ---');
    this.#world.disableHazards();
    this.#invocations.disableFaults();
    this.#channel.disableHazards();
    this.#controller.disableHazards();
  }

  /** Every record is as it is wanted. */
  async #waitUntilSettled(when: string, withinMs: number): Promise<void> {
    const end = this.kernel.now() + withinMs;
    const unsettled = () =>
      this.#records().filter((record) => !isSettled(record) || record.outbox.length > 0);
    // A call that was in flight, or a process that was frozen, may still wake.
    await this.#runUntil(this.kernel.now() + 15 * MINUTE);
    while (unsettled().length > 0 && this.kernel.now() < end)
      await this.#runUntil(this.kernel.now() + MINUTE);
    const left = unsettled();
    if (left.length > 0) {
      throw new RuleViolation(
        `${when} ${left.map((r) => `${r.workbenchId} is still ${r.status}`).join(', ')}`,
      );
    }
  }

  #checkDesiredStates(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const workbenchId of this.#clients.workbenchIds) {
      const record = records.get(workbenchId);
      const possible = this.#clients.possibleStates(workbenchId);
      const is = record === undefined ? 'deleted' : record.status;
      const excused = record?.status === 'stopped' && record.reason !== undefined && possible.has('running');
      if (!excused && !possible.has(is as 'running')) {
        throw new RuleViolation(
          `${workbenchId} is ${is}, but was last asked to be ${[...possible].join(' or ')}`,
        );
      }
    }
  }

  /** Ending everything as timed out is no way to settle: a start must still succeed. */
  async #startAll(): Promise<void> {
    for (const { userId, workbenchId } of this.#records()) {
      const { status } = await this.#runUntilDone(this.#users.change(userId, workbenchId, 'start'));
      if (status !== 200) throw new RuleViolation(`the start of ${workbenchId} was answered ${status}`);
    }
    await this.#waitUntilSettled('after a start', START_TIMEOUT_MS);
    for (const record of this.#records()) {
      if (record.status !== 'running') {
        const why = record.status === 'stopped' ? JSON.stringify(record.reason) : '';
        throw new RuleViolation(
          `${record.workbenchId} was started when nothing went wrong, and is ${record.status} ${why}`,
        );
      }
    }
  }

  async #sweepOrphans(): Promise<void> {
    await this.#runUntil(this.kernel.now() + ORPHAN_DELETION_TIMEOUT_MS);
    await this.#runUntilDone(this.#controller.sweepVolumes(VOLUME_GRACE_MS));
  }

  #checkNoOrphans(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const { workbenchId, taskArn } of this.#world.containers) {
      if (records.get(workbenchId)?.status !== 'running')
        throw new RuleViolation(`nobody wants ${taskArn}, and it runs`);
    }
    for (const { instanceId } of this.#world.liveHosts) {
      const wanted = [...records.values()].some(({ host }) => host?.instanceId === instanceId);
      if (!wanted) throw new RuleViolation(`nobody wants the machine ${instanceId}, and it costs money`);
    }
    for (const { path } of this.#world.directories.values()) {
      if (path.includes('/.')) continue;
      const workbenchId = path.split('/').at(-1) ?? '';
      if (!records.has(workbenchId)) throw new RuleViolation(`nobody has ${path}, and it is there`);
    }
    for (const { arn, ec2Instance: machine } of this.#world.staleRegistrations) {
      if (machine.spec.provider !== undefined) continue;
      throw new RuleViolation(`${arn} is registered, and its machine ${machine.instanceId} is terminated`);
    }
  }

  /** What is destroyed is gone, to the last byte. */
  async #deleteAll(): Promise<void> {
    for (const { userId, workbenchId } of this.#records()) {
      await this.#runUntilDone(this.#users.change(userId, workbenchId, 'delete'));
    }
    const end = this.kernel.now() + HOUR;
    while (this.#records().length > 0 && this.kernel.now() < end)
      await this.#runUntil(this.kernel.now() + MINUTE);
    const left = this.#records();
    if (left.length > 0)
      throw new RuleViolation(`${left[0]?.workbenchId} was destroyed, and is ${left[0]?.status}`);
    if (this.#world.containers.size > 0) throw new RuleViolation('everything was destroyed, and a task runs');
    if (this.#world.liveHosts.length > 0)
      throw new RuleViolation('everything was destroyed, and a machine is there');
    for (const { path } of this.#world.directories.values())
      throw new RuleViolation(`all was destroyed, and ${path} is there`);
    await this.#runUntil(this.kernel.now() + DEFINITION_CLEANUP_TIMEOUT_MS);
    const [family] = this.#world.definedFamilies;
    if (family !== undefined) throw new RuleViolation(`all was destroyed, and ${family} is still defined`);
  }

  #records(): readonly Workbench[] {
    return this.#controller.stores.workbenches.listAll();
  }

  async #runUntil(end: number): Promise<void> {
    while (await this.kernel.step(end)) {
      this.#safety.check();
      this.outcome.steps += 1;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.outcome.steps > STEPS_MAX)
        throw new RuleViolation(`more than ${STEPS_MAX} steps: it goes round in circles`);
    }
  }

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

  /** A rule that is broken within a call of the product is not the product's to handle. */
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

  /** The store, with the checks that belong to each write. */
  #withChecks(inner: WorkbenchStore): WorkbenchStore {
    const written = (record: Workbench, before: Workbench['status'] | undefined) => {
      this.#lastWritten.set(record.workbenchId, record);
      this.outcome.recordTransition(record, before);
      this.#recordViolation(() => this.#safety.checkWrite(record, before, this.kernel.now()));
    };
    return new Proxy(inner, {
      get: (target, name) => {
        switch (name) {
          case 'create':
            return async (record: Workbench) => {
              const created = await inner.create(record);
              if (created === 'created') written(record, undefined);
              return created;
            };
          case 'update':
            return async (record: Workbench, revision: number) => {
              const before = this.#lastWritten.get(record.workbenchId)?.status;
              const updated = await inner.update(record, revision);
              if (updated === 'updated') written(record, before);
              return updated;
            };
          case 'delete':
            return async (key: { userId: string; workbenchId: string }, revision: number) => {
              const there = this.#lastWritten.delete(key.workbenchId);
              const deleted = await inner.delete(key, revision);
              if (there && deleted === 'deleted') {
                this.outcome.recordRemoval(key.workbenchId);
                this.#recordViolation(() => this.#safety.checkRemoval(key));
              }
              return deleted;
            };
          default: {
            const value = Reflect.get(target, name, target);
            return typeof value === 'function' ? value.bind(target) : value;
          }
        }
      },
    });
  }
}

const NO_HAZARDS = Object.fromEntries(
  [
    'imagePullFails',
    'mountFails',
    'exitsAtBoot',
    'neverHealthy',
    'containerExits',
    'outOfMemory',
    'agentFlaps',
    'agentSilentForLong',
    'instanceReclaimed',
    'instanceHardwareFails',
    'deregisteredWhileRunning',
    'noCapacity',
    'slowCapacity',
  ].map((hazard) => [hazard, 0]),
);
