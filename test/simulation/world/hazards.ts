import type { Tape } from '../tape.ts';

/**
 * The failures of AWS itself. Faults of single calls (invocation.ts) and lost or late events (event-channel.ts) are
 * separate. Each value is the probability per occasion, from 0 (never) to 1 (always). The tape decides each occasion.
 */
export interface Hazards {
  // Undocumented behaviour. Drawn once per world, so that each world is consistent.
  /** RunTask with a used client token returns the first response instead of the current state of the task. */
  readonly replayReturnsFirstResponse: number;
  /** RunTask checks the limit of tasks in PROVISIONING before it looks up the client token. */
  readonly limitCheckedBeforeToken: number;
  /** A RunTask that returned `failures[]` has used up its client token: a retry returns the same failure. */
  readonly failureConsumesToken: number;
  /** ECS sends no task event when the agent of the task connects or disconnects. */
  readonly noEventForConnectivity: number;
  /** Container instance events do not name the capacity provider. */
  readonly eventOmitsCapacityProvider: number;
  /** CreateAccessPoint with a used client token fails with AccessPointAlreadyExists instead of returning the access point. */
  readonly accessPointTokenConflicts: number;
  /** Client tokens of access points are unique per account instead of per file system. */
  readonly accessPointTokenAccountWide: number;
  /** StopInstances fails with IncorrectInstanceState while the instance is `pending`. */
  readonly pendingInstanceCannotStop: number;

  // Eventual consistency.
  /** The Describe call does not return a new task or instance for up to 10 seconds. */
  readonly describeIsStale: number;
  /** ListTasks does not show a new task or a new desired status for up to 15 seconds. */
  readonly listIsStale: number;

  // Tasks.
  /** RunTask returns a transient failure although an instance has free capacity. */
  readonly runTaskRefused: number;
  /** The image cannot be pulled. */
  readonly imagePullFails: number;
  /** The file system cannot be mounted. */
  readonly mountFails: number;
  /** The container exits with code 1 within 10 seconds of its start. */
  readonly exitsAtBoot: number;
  /** The container runs but never becomes healthy, so its task stays PENDING. */
  readonly neverHealthy: number;
  /** A running container exits with code 0. */
  readonly containerExits: number;
  /** The kernel kills a running container because it uses too much memory. */
  readonly outOfMemory: number;
  /** A container runs for up to 4 seconds after its task is STOPPED. */
  readonly containerOutlivesStop: number;

  // Instances and agents.
  /** An agent disconnects up to four times, each time for up to 5 minutes. */
  readonly agentFlaps: number;
  /** One such disconnection lasts 10 to 60 minutes. */
  readonly agentDisconnectedForLong: number;
  /** AWS terminates an instance, as in a Spot interruption. */
  readonly instanceReclaimed: number;
  /** The hardware of an instance fails. EC2 reports the instance as running for up to 30 minutes more. */
  readonly instanceHardwareFails: number;
  /** An operator deregisters a container instance by force. ECS reports its tasks as stopped, but their containers run on. */
  readonly deregisteredWhileRunning: number;
  /** EC2 has no capacity for a scale-out, a launch or the start of a stopped instance. */
  readonly noCapacity: number;
  /** A scale-out takes 1 to 10 minutes longer than usual. */
  readonly slowCapacity: number;

  // Messages and access points.
  /** SQS delivers a message a second time, within 30 seconds. */
  readonly messageDuplicated: number;
  /** SQS delivers a message up to one minute late. */
  readonly messageDelayed: number;
  /** A new access point is `creating`, and cannot be mounted, for up to 10 seconds. */
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
  agentDisconnectedForLong: 0.1,
  instanceReclaimed: 0.06,
  instanceHardwareFails: 0.06,
  deregisteredWhileRunning: 0.04,
  noCapacity: 0.1,
  slowCapacity: 0.1,
  messageDuplicated: 0.05,
  messageDelayed: 0.1,
  accessPointCreating: 0.2,
};

/**
 * Draws the random choices of a world from the tape. After `disableHazards`, no hazard happens and every delay has its
 * minimum.
 */
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

  /** A whole number of seconds from `min` to `max`, in milliseconds; `min` after `disableHazards`. */
  secondsAsMs(min: number, max: number): number {
    return 1000 * (this.#disabled ? min : this.#tape.intBetween(min, max));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return this.#disabled ? list[0] : this.#tape.pick(list);
  }
}
