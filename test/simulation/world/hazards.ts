import type { Tape } from '../tape.ts';

/**
 * What can go wrong in the world by itself, beside what happens to calls and events on their way. Each is a
 * probability of 0 … 1, per occasion; the tape says whether it happens. 1 is always, 0 never.
 */
export interface Hazards {
  /** How services behave where it is not documented; drawn once for each world. */
  readonly replayReturnsFirstResponse: number;
  readonly limitCheckedBeforeToken: number;
  readonly failureConsumesToken: number;
  readonly noEventForConnectivity: number;
  readonly eventOmitsCapacityProvider: number;
  readonly accessPointTokenConflicts: number;
  readonly accessPointTokenAccountWide: number;
  readonly pendingInstanceCannotStop: number;
  /** A task or machine just made cannot be described, or is not listed, for some seconds. */
  readonly describeIsStale: number;
  readonly listIsStale: number;
  /** A start is refused although there would be room, and the next may not be. */
  readonly runTaskRefused: number;
  /** A start that fails, by what; and one that never gets healthy. */
  readonly imagePullFails: number;
  readonly mountFails: number;
  readonly exitsAtBoot: number;
  readonly neverHealthy: number;
  /** A running container ends by itself, or is ended for want of memory. */
  readonly containerExits: number;
  readonly outOfMemory: number;
  /** A container is still there up to 4 s after its task is STOPPED. */
  readonly containerOutlivesStop: number;
  /** A machine's agent loses its connection now and then, for seconds or minutes; seldom for long. */
  readonly agentFlaps: number;
  readonly agentSilentForLong: number;
  /** A machine is lost: taken back (spot), or broken. */
  readonly instanceReclaimed: number;
  readonly instanceHardwareFails: number;
  /** Somebody takes a machine off the cluster by force while it runs tasks: ECS says that they have stopped. */
  readonly deregisteredWhileRunning: number;
  /** No machine to be had: for a scale-out, a launch, a start. */
  readonly noCapacity: number;
  /** Capacity takes minutes longer than usual. */
  readonly slowCapacity: number;
  /** Messages come twice, or late. */
  readonly messageDuplicated: number;
  readonly messageDelayed: number;
  /** An access point is `creating` for some seconds. */
  readonly accessPointCreating: number;
}

export const DEFAULT_HAZARDS: Hazards = {
  replayReturnsFirstResponse: 0.3,
  limitCheckedBeforeToken: 0.5,
  failureConsumesToken: 0.3,
  noEventForConnectivity: 0.5,
  eventOmitsCapacityProvider: 0.5,
  accessPointTokenConflicts: 0.5,
  accessPointTokenAccountWide: 0.5,
  pendingInstanceCannotStop: 0.5,
  describeIsStale: 0.1,
  listIsStale: 0.2,
  runTaskRefused: 0.05,
  imagePullFails: 0.03,
  mountFails: 0.02,
  exitsAtBoot: 0.02,
  neverHealthy: 0.02,
  containerExits: 0.05,
  outOfMemory: 0.02,
  containerOutlivesStop: 0.4,
  agentFlaps: 0.15,
  agentSilentForLong: 0.1,
  instanceReclaimed: 0.06,
  instanceHardwareFails: 0.06,
  deregisteredWhileRunning: 0.04,
  noCapacity: 0.1,
  slowCapacity: 0.1,
  messageDuplicated: 0.05,
  messageDelayed: 0.1,
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

  disableHazards(): void {
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
