import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { isSettled } from '#core/workbench/settled.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { Invocations } from '../invocation.ts';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { World } from '../world/world.ts';
import { WORLD_OPTIONS } from '../world/world-subject.ts';
import { BrokenRule } from './broken-rule.ts';
import { ClientHistory } from './client-history.ts';
import { type Command, type Schedule, SLOTS, TROUBLE_MS, USERS } from './commands.ts';
import { Controller } from './controller.ts';
import { EventChannel } from './event-channel.ts';
import { Outcome } from './outcome.ts';
import { Safety } from './safety.ts';
import { Users } from './users.ts';
import { WorkConsumer } from './work-consumer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Once nothing goes wrong any more, everything settles within this: the deadlines, one after another. */
const SETTLES_MS = 3 * HOUR;
/** A start that is accepted when nothing goes wrong reaches `running` within this. */
const STARTS_MS = 30 * MINUTE;
/** What nobody wants is found and, past its grace, gone within this. */
const SWEPT_MS = 35 * MINUTE;
/** Volumes are swept far more often than they are in the end, so that it happens at every moment of a start. */
const SWEEP_VOLUMES_MS = 4 * MINUTE;
/** Volumes that nobody wants are spared for so long: longer than any index lags. */
const VOLUME_GRACE_MS = 15 * MINUTE;
/** The task definitions of what is destroyed are gone within this: the interval of the audits, and a pass of one. */
const CLEARED_MS = 15 * MINUTE;
/** No message is given up: what comes of one that always fails is to be seen. */
const QUEUE = { visibilityTimeoutSeconds: 90, maxReceives: 1000 };
/** A schedule that takes more steps than this goes round in circles. */
const STEPS_MAX = 60_000;

export interface RunOptions {
  readonly story?: boolean;
  /** Told of each call that a function makes: `drive#12`, `RunTask`. */
  readonly onCall?: (invocation: string, call: string) => void;
}

/**
 * Runs one schedule: trouble, then calm, and all the checks. A broken rule is in the outcome, with the story of
 * how it came about.
 */
export async function runSchedule(schedule: Schedule, options: RunOptions = {}): Promise<Outcome> {
  const run = new Run(schedule, options);
  try {
    await run.all();
  } catch (error) {
    run.outcome.broken = error instanceof Error ? error : new Error(String(error));
  }
  run.outcome.end(run.kernel.now());
  return run.outcome;
}

/** What changes the world: of these it matters what becomes of them when no answer comes. */
const WITH_EFFECT: ReadonlySet<string> = new Set([
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
const HASTE = 0.4;
const HASTE_MS = 8000;
const HASTY = ['stop', 'delete', 'restart', 'start', 'stop'] as const;

class Run {
  readonly kernel = new Kernel();
  readonly outcome: Outcome;
  readonly #schedule: Schedule;
  readonly #begin: number;
  readonly #tape: Tape;
  readonly #clients = new ClientHistory();
  readonly #world: World;
  readonly #invocations: Invocations;
  readonly #controller: Controller;
  readonly #channel: EventChannel;
  readonly #consumer: WorkConsumer;
  readonly #hostConsumer: WorkConsumer;
  readonly #users: Users;
  readonly #safety: Safety;
  /** Each record that there is, as last written. */
  readonly #known = new Map<string, Workbench>();
  #failure: unknown;

  constructor(schedule: Schedule, { story = false, onCall }: RunOptions) {
    const { kernel } = this;
    this.#schedule = schedule;
    this.#begin = kernel.now();
    const tape = new Tape(schedule.tape);
    this.#tape = tape;
    this.outcome = new Outcome(kernel, story);
    const hazards = schedule.faultPercent === 0 ? NO_HAZARDS : {};
    this.#world = new World(kernel, tape, {
      ...WORLD_OPTIONS,
      hazards,
      queue: { ...QUEUE, onReady: () => this.#consumer.ready() },
      hostQueue: { ...QUEUE, onReady: () => this.#hostConsumer.ready() },
      onEvent: (event) => this.#channel.publish(event),
    });
    this.#invocations = new Invocations({
      kernel,
      tape,
      faultRate: schedule.faultPercent / 100,
      onCall: (invocation, call, fault) => {
        this.outcome.called(invocation, call, fault);
        onCall?.(invocation, call);
        if (fault !== 'none' && WITH_EFFECT.has(call)) this.#haste();
      },
    });
    this.#controller = new Controller({
      kernel,
      tape,
      world: this.#world,
      invocations: this.#invocations,
      store: (inner) => this.#watched(inner),
      onError: (message, error) => this.#fail(new Error(message, { cause: error })),
    });
    this.#channel = new EventChannel(kernel, tape, (event) => this.#controller.event(event));
    this.#consumer = new WorkConsumer(this.#world.sqs, (batch) => this.#controller.drive(batch));
    this.#hostConsumer = new WorkConsumer(this.#world.hostSqs, (batch) => this.#controller.driveHost(batch));
    this.#users = new Users(kernel, this.#controller, this.#clients);
    this.#safety = new Safety(this.#world, this.#clients, (id) => this.#known.get(id));
  }

  async all(): Promise<void> {
    this.#every(MINUTE, () => this.#controller.reconcileDue());
    this.#every(10 * MINUTE, () => this.#controller.audit());
    for (const command of this.#schedule.commands) {
      this.kernel.after(command.at, () => this.#carryOut(command));
    }
    for (let at = SWEEP_VOLUMES_MS; at < TROUBLE_MS; at += SWEEP_VOLUMES_MS) {
      this.kernel.after(at, () => {
        this.#controller.sweepVolumes(VOLUME_GRACE_MS).catch((error) => this.#fail(error));
      });
    }
    await this.#until(this.#begin + TROUBLE_MS);
    this.outcome.drawn = this.#tape.read;
    this.#becomeCalm();
    await this.#settle('after the trouble', SETTLES_MS);
    this.#checkWishes();
    await this.#startAll();
    await this.#sweep();
    this.#checkNothingLeftOver();
    await this.#deleteAll();
  }

  #carryOut(command: Command): void {
    const { kind, user, slot, dedicated } = command;
    this.outcome.tell(`user: ${kind} ${user}/${slot}${dedicated ? ' (dedicated)' : ''}`);
    this.#users.carryOut(command).catch((error) => this.#fail(error));
  }

  /** People act at the worst moment: while nobody knows what has become of a call. */
  #haste(): void {
    const tape = this.#tape;
    if (!tape.chance(HASTE)) return;
    const at = this.kernel.now() + tape.between(0, HASTE_MS);
    if (at >= this.#begin + TROUBLE_MS) return;
    const [user, slot] = [tape.between(0, USERS.length - 1), tape.between(0, SLOTS - 1)];
    const command = { at, user, slot, kind: tape.pick(HASTY), dedicated: false };
    this.kernel.after(at - this.kernel.now(), () => this.#carryOut(command));
  }

  #becomeCalm(): void {
    this.outcome.tell('--- from here on nothing goes wrong ---');
    this.#world.calm();
    this.#invocations.endFaults();
    this.#channel.beCalm();
    this.#controller.beCalm();
  }

  /** Every record is as it is wanted. */
  async #settle(when: string, withinMs: number): Promise<void> {
    const end = this.kernel.now() + withinMs;
    const unsettled = () =>
      this.#records().filter((record) => !isSettled(record) || record.outbox.length > 0);
    // A call that was in flight, or a process that was frozen, may still wake.
    await this.#until(this.kernel.now() + 15 * MINUTE);
    while (unsettled().length > 0 && this.kernel.now() < end) await this.#until(this.kernel.now() + MINUTE);
    const left = unsettled();
    if (left.length > 0) {
      throw new BrokenRule(`${when} ${left.map((r) => `${r.workbenchId} is still ${r.status}`).join(', ')}`);
    }
  }

  #checkWishes(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const workbenchId of this.#clients.workbenchIds) {
      const record = records.get(workbenchId);
      const possible = this.#clients.possibleWishes(workbenchId);
      const is = record === undefined ? 'deleted' : record.status;
      const excused = record?.status === 'stopped' && record.reason !== undefined && possible.has('running');
      if (!excused && !possible.has(is as 'running')) {
        throw new BrokenRule(
          `${workbenchId} is ${is}, but was last asked to be ${[...possible].join(' or ')}`,
        );
      }
    }
  }

  /** Ending everything as timed out is no way to settle: a start must still succeed. */
  async #startAll(): Promise<void> {
    for (const { userId, workbenchId } of this.#records()) {
      const { status } = await this.#during(this.#users.change(userId, workbenchId, 'start'));
      if (status !== 200) throw new BrokenRule(`the start of ${workbenchId} was answered ${status}`);
    }
    await this.#settle('after a start', STARTS_MS);
    for (const record of this.#records()) {
      if (record.status !== 'running') {
        const why = record.status === 'stopped' ? JSON.stringify(record.reason) : '';
        throw new BrokenRule(
          `${record.workbenchId} was started when nothing went wrong, and is ${record.status} ${why}`,
        );
      }
    }
  }

  async #sweep(): Promise<void> {
    await this.#until(this.kernel.now() + SWEPT_MS);
    await this.#during(this.#controller.sweepVolumes(VOLUME_GRACE_MS));
  }

  #checkNothingLeftOver(): void {
    const records = new Map(this.#records().map((record) => [record.workbenchId, record]));
    for (const { workbenchId, taskArn } of this.#world.containers) {
      if (records.get(workbenchId)?.status !== 'running')
        throw new BrokenRule(`nobody wants ${taskArn}, and it runs`);
    }
    for (const { instanceId } of this.#world.dedicatedMachines) {
      const wanted = [...records.values()].some(({ host }) => host?.instanceId === instanceId);
      if (!wanted) throw new BrokenRule(`nobody wants the machine ${instanceId}, and it costs money`);
    }
    for (const { path } of this.#world.directories.values()) {
      if (path.includes('/.')) continue;
      const workbenchId = path.split('/').at(-1) ?? '';
      if (!records.has(workbenchId)) throw new BrokenRule(`nobody has ${path}, and it is there`);
    }
    for (const { arn, machine } of this.#world.leftOverRegistrations) {
      if (machine.spec.provider !== undefined) continue;
      throw new BrokenRule(`${arn} is registered, and its machine ${machine.instanceId} is terminated`);
    }
  }

  /** What is destroyed is gone, to the last byte. */
  async #deleteAll(): Promise<void> {
    for (const { userId, workbenchId } of this.#records()) {
      await this.#during(this.#users.change(userId, workbenchId, 'delete'));
    }
    const end = this.kernel.now() + HOUR;
    while (this.#records().length > 0 && this.kernel.now() < end)
      await this.#until(this.kernel.now() + MINUTE);
    const left = this.#records();
    if (left.length > 0)
      throw new BrokenRule(`${left[0]?.workbenchId} was destroyed, and is ${left[0]?.status}`);
    if (this.#world.containers.size > 0) throw new BrokenRule('everything was destroyed, and a task runs');
    if (this.#world.dedicatedMachines.length > 0)
      throw new BrokenRule('everything was destroyed, and a machine is there');
    for (const { path } of this.#world.directories.values())
      throw new BrokenRule(`all was destroyed, and ${path} is there`);
    await this.#until(this.kernel.now() + CLEARED_MS);
    const [family] = this.#world.definedFamilies;
    if (family !== undefined) throw new BrokenRule(`all was destroyed, and ${family} is still defined`);
  }

  #records(): readonly Workbench[] {
    return this.#controller.stores.workbenches.dump();
  }

  async #until(end: number): Promise<void> {
    while (await this.kernel.step(end)) {
      this.#safety.check();
      this.outcome.steps += 1;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.outcome.steps > STEPS_MAX)
        throw new BrokenRule(`more than ${STEPS_MAX} steps: it goes round in circles`);
    }
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const result = work.finally(() => {
      done = true;
    });
    result.catch(() => {});
    while (!done) await this.#until(this.kernel.now() + 1000);
    return result;
  }

  #every(ms: number, action: () => Promise<void>): void {
    this.kernel.after(ms, () => {
      action().catch((error) => this.#fail(error));
      this.#every(ms, action);
    });
  }

  /** A rule that is broken within a call of the product is not the product's to handle. */
  #held(check: () => void): void {
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
  #watched(inner: WorkbenchStore): WorkbenchStore {
    const written = (record: Workbench, before: Workbench['status'] | undefined) => {
      this.#known.set(record.workbenchId, record);
      this.outcome.moved(record, before);
      this.#held(() => this.#safety.checkWritten(record, before, this.kernel.now()));
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
              const before = this.#known.get(record.workbenchId)?.status;
              const updated = await inner.update(record, revision);
              if (updated === 'updated') written(record, before);
              return updated;
            };
          case 'remove':
            return async (key: { userId: string; workbenchId: string }, revision: number) => {
              const there = this.#known.delete(key.workbenchId);
              const removed = await inner.remove(key, revision);
              if (there && removed === 'removed') {
                this.outcome.gone(key.workbenchId);
                this.#held(() => this.#safety.checkRemoved(key));
              }
              return removed;
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
    'pullFails',
    'mountFails',
    'exitsAtBoot',
    'neverHealthy',
    'exits',
    'outOfMemory',
    'agentIsFlaky',
    'agentIsSilentLong',
    'machineDies',
    'machineBreaks',
    'deregisteredAlive',
    'noCapacity',
    'slowCapacity',
  ].map((hazard) => [hazard, 0]),
);
