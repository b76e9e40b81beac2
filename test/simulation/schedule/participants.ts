import type { Workbench } from '#core/workbench/workbench.ts';
import type { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { World } from '../world/world.ts';
import type { Controller } from './controller.ts';
import type { DeletionChecks } from './deletion-checks.ts';
import type { DrainChecks } from './drain-checks.ts';
import type { IdleChecks } from './idle-checks.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { ScheduleResult } from './schedule-result.ts';
import { SimulatedGuests } from './simulated-guests.ts';
import { SimulatedLinks } from './simulated-links.ts';
import { SimulatedMoves } from './simulated-moves.ts';
import { SimulatedOperator } from './simulated-operator.ts';
import { SimulatedRestores } from './simulated-restores.ts';
import { SimulatedTimetables, type SimulatedTimetablesOptions } from './simulated-timetables.ts';
import { SimulatedUse } from './simulated-use.ts';
import type { SimulatedUsers } from './simulated-users.ts';
import type { StepRunner } from './step-runner.ts';
import type { TimetableChecks } from './timetable-checks.ts';

const MINUTE = 60_000;

export interface ParticipantsOptions {
  readonly kernel: Kernel;
  readonly steps: StepRunner;
  readonly result: ScheduleResult;
  readonly world: World;
  readonly controller: Controller;
  readonly users: SimulatedUsers;
  readonly owners: OwnerChecks;
  readonly deletions: DeletionChecks;
  readonly drains: DrainChecks;
  readonly idle: IdleChecks;
  readonly timetables: TimetableChecks;
  /** The numbers of each, so that the choices of one do not depend on those of another. */
  readonly tapes: Readonly<
    Record<'moves' | 'guests' | 'links' | 'restores' | 'timetables' | 'use' | 'operator', Tape>
  >;
  readonly operatorDraws: HazardDraws;
  readonly time: SimulatedTimetablesOptions['time'];
  readonly hasRetention: boolean;
  /** The record as last written. */
  readonly recordOf: (workbenchId: string) => Workbench | undefined;
}

/** Everybody who acts at random moments beside the commands of the schedule: users, guests and an operator. */
export class Participants {
  readonly #options: ParticipantsOptions;
  readonly #moves: SimulatedMoves;
  readonly #guests: SimulatedGuests;
  readonly #links: SimulatedLinks;
  readonly #operator: SimulatedOperator;
  readonly #restores: SimulatedRestores;
  readonly timetables: SimulatedTimetables;
  readonly use: SimulatedUse;

  constructor(options: ParticipantsOptions) {
    const { kernel, steps, result, world, controller, users, owners, tapes, recordOf } = options;
    this.#options = options;
    const log = (line: string) => result.log(line);
    const record = (check: () => void) => steps.record(check);
    const onError = (error: unknown) => steps.fail(error);
    const base = { kernel, controller, users, owners, log, onError };
    this.#moves = new SimulatedMoves({ ...base, tape: tapes.moves });
    const guestOptions = { ...base, clockSteps: world.functionClock.steps };
    this.#guests = new SimulatedGuests({ ...guestOptions, tape: tapes.guests });
    this.#links = new SimulatedLinks({
      ...guestOptions,
      tape: tapes.links,
      giveAway: (id) => this.#moves.giveAway(id),
    });
    const { drains, operatorDraws: draws } = options;
    const operated = { kernel, world, controller, record, log };
    this.#operator = new SimulatedOperator({ ...operated, tape: tapes.operator, draws, checks: drains });
    this.#restores = new SimulatedRestores({ ...base, tape: tapes.restores, checks: options.deletions });
    const { time, hasRetention } = options;
    this.timetables = new SimulatedTimetables({
      ...{ ...base, world, recordOf, time, hasRetention },
      tape: tapes.timetables,
      checks: options.timetables,
    });
    this.use = new SimulatedUse({
      ...{ kernel, controller, recordOf, log, record, onError },
      tape: tapes.use,
      checks: options.idle,
      workbenches: () => users.workbenches,
    });
  }

  /** Schedules the drains of the operator in the fault phase. They end runs. */
  scheduleDrains(): void {
    this.#operator.schedule((error) => this.#options.steps.fail(error));
  }

  /** Schedules what all others do in the fault phase. */
  schedule(): void {
    this.#moves.schedule();
    this.#restores.schedule();
    this.use.schedule();
    this.#guests.schedule();
    this.#links.schedule();
    this.timetables.schedule();
  }

  /** A drain that was requested in the fault phase may take effect later, so the operator takes it back twice. */
  async endDrains(): Promise<void> {
    const { steps } = this.#options;
    if (!this.#operator.hasRequested) return;
    await steps.runUntilDone(this.#operator.cancel());
    await steps.runFor(15 * MINUTE);
    await steps.runUntilDone(this.#operator.cancel());
  }
}

/** The numbers of a participant: those of the schedule after this share of all, then those before it. */
export function tapeFrom(numbers: readonly number[], share: number): Tape {
  const first = Math.floor(numbers.length * share);
  return new Tape([...numbers.slice(first), ...numbers.slice(0, first)]);
}
