import type { Tape } from '../tape.ts';

/**
 * What can go wrong in the world by itself, beside what happens to calls and events on their way. Each is a
 * probability of 0 … 1, per occasion; the tape says whether it happens. 1 is always, 0 never.
 */
export interface Hazards {
  /** How services behave where it is not documented; drawn once for each world. */
  readonly replayAnswersTheOld: number;
  readonly limitBeforeToken: number;
  readonly failureUsesToken: number;
  readonly connectivityHasNoEvent: number;
  readonly eventNamesNoProvider: number;
  readonly accessPointTokenErrs: number;
  readonly accessPointTokenOfAccount: number;
  readonly pendingCannotStop: number;
  /** A task or machine just made cannot be described, or is not listed, for some seconds. */
  readonly hiddenAtFirst: number;
  readonly listLags: number;
  /** A start is refused although there would be room, and the next may not be. */
  readonly startRefused: number;
  /** A start that fails, by what; and one that never gets healthy. */
  readonly pullFails: number;
  readonly mountFails: number;
  readonly exitsAtBoot: number;
  readonly neverHealthy: number;
  /** A running container ends by itself, or is ended for want of memory. */
  readonly exits: number;
  readonly outOfMemory: number;
  /** A container is still there up to 4 s after its task is STOPPED. */
  readonly outlivesStop: number;
  /** A machine's agent loses its connection now and then, for seconds or minutes; seldom for long. */
  readonly agentIsFlaky: number;
  readonly agentIsSilentLong: number;
  /** A machine is lost: taken back (spot), or broken. */
  readonly machineDies: number;
  readonly machineBreaks: number;
  /** Somebody takes a machine off the cluster by force while it runs tasks: ECS says that they have stopped. */
  readonly deregisteredAlive: number;
  /** No machine to be had: for a scale-out, a launch, a start. */
  readonly noCapacity: number;
  /** Capacity takes minutes longer than usual. */
  readonly slowCapacity: number;
  /** Messages come twice, or late. */
  readonly messageRepeated: number;
  readonly messageLate: number;
  /** An access point is `creating` for some seconds. */
  readonly accessPointCreating: number;
}

export const DEFAULT_HAZARDS: Hazards = {
  replayAnswersTheOld: 0.3,
  limitBeforeToken: 0.5,
  failureUsesToken: 0.3,
  connectivityHasNoEvent: 0.5,
  eventNamesNoProvider: 0.5,
  accessPointTokenErrs: 0.5,
  accessPointTokenOfAccount: 0.5,
  pendingCannotStop: 0.5,
  hiddenAtFirst: 0.1,
  listLags: 0.2,
  startRefused: 0.05,
  pullFails: 0.03,
  mountFails: 0.02,
  exitsAtBoot: 0.02,
  neverHealthy: 0.02,
  exits: 0.05,
  outOfMemory: 0.02,
  outlivesStop: 0.4,
  agentIsFlaky: 0.15,
  agentIsSilentLong: 0.1,
  machineDies: 0.06,
  machineBreaks: 0.06,
  deregisteredAlive: 0.04,
  noCapacity: 0.1,
  slowCapacity: 0.1,
  messageRepeated: 0.05,
  messageLate: 0.1,
  accessPointCreating: 0.2,
};

/** What chance decides in a world. Once calm, nothing goes wrong any more and everything takes its shortest time. */
export class HazardDraws {
  readonly #tape: Tape;
  readonly #hazards: Hazards;
  #disabled = false;

  constructor(tape: Tape, hazards: Partial<Hazards> = {}) {
    this.#tape = tape;
    this.#hazards = { ...DEFAULT_HAZARDS, ...hazards };
  }

  get disabled(): boolean {
    return this.#disabled;
  }

  beCalm(): void {
    this.#disabled = true;
  }

  happens(hazard: keyof Hazards): boolean {
    const probability = this.#hazards[hazard];
    return !this.#disabled && probability > 0 && this.#tape.chance(probability);
  }

  /** Milliseconds from `min` to `max` seconds, in whole seconds; `min` when nothing is to go wrong. */
  secondsAsMs(min: number, max: number): number {
    return 1000 * (this.#disabled ? min : this.#tape.intBetween(min, max));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return this.#disabled ? list[0] : this.#tape.pick(list);
  }
}
