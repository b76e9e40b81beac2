import type { Tape } from '../tape.ts';
import { type Delay, type Timing, WIDE_TIMING } from './timing.ts';

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
  /** Container instance events do not have the number of tasks. */
  readonly eventOmitsTaskCounts: number;
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
  /** EFS refuses the mount of a volume. */
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

  // Ends that are reported early.
  /**
   * ECS reports the tasks of an instance as stopped 1 to 3 seconds after EC2 begins to stop or terminate it. Their
   * containers run until it loses power.
   */
  readonly endsEarly: number;
  /** Such a task has neither a stop code nor a reason, unless a stop was requested before. */
  readonly endsWithoutWords: number;
  /** DescribeInstances shows an instance as running for up to four minutes after EC2 has begun to stop or terminate it. */
  readonly endShownLate: number;

  // Launches. Drawn once per world.
  /** RunInstances with the client token of an instance that ends or has ended fails instead of returning the instance. */
  readonly launchTokenEnded: number;

  // Launches of hosts.
  /** A launched instance ends within 2 to 30 seconds, for a reason that half of the time affects all launches of its workbench. */
  readonly launchDies: number;
  /** The subnet of a launch has no free address for 1 to 20 minutes. One subnet at a time. */
  readonly subnetFull: number;
  /** A limit or a verification of the account rejects all launches for 1 to 10 minutes. A vCPU limit rejects starts, too. */
  readonly launchLimited: number;

  // Instances of capacity providers.
  /** EC2 takes back a Spot instance: it warns and the instance drains; two minutes later it is terminated. */
  readonly spotInterrupted: number;
  /** The Auto Scaling group drains an instance and terminates it after 5 to 30 minutes. */
  readonly drainedByGroup: number;
  /** The Auto Scaling group terminates an instance without notice and launches another one. */
  readonly groupReplaces: number;
  /** Per provider: at one time all instances drain, and new ones are launched. */
  readonly refreshed: number;

  // The account. Drawn once per world.
  /** Up to three times, one call is not allowed for 20 seconds to 10 minutes, as after a change of a role. */
  readonly accessDenied: number;
  /** Up to three times, no function can be invoked for 5 seconds to 2 minutes. */
  readonly functionsLimited: number;

  // The clock of the functions. Drawn once per world.
  /** Up to three times, the clock is wrong by 10 seconds to 23 hours, in either direction, for 1 to 20 minutes. */
  readonly clockSteps: number;

  // The volume plugin of ECS.
  /** Per world: the volume plugin of an instance mounts one volume at a time. A start that waits for one minute fails. */
  readonly oneMountAtATime: number;
  /** A mount takes 15 to 72 seconds. It fails after one minute. */
  readonly mountSlow: number;

  // Images and disks.
  /** The pull of the image takes 1 to 4 minutes longer. */
  readonly pullSlow: number;
  /** The registry rejects a pull because of its rate limit. */
  readonly pullThrottled: number;
  /** An instance cannot reach the registry: for this pull only, or for up to 30 minutes. */
  readonly pullFails: number;
  /** The disk of an instance becomes full, 1 to 30 minutes after its registration. No container can be created on it. */
  readonly diskFull: number;

  // Network interfaces of tasks.
  /** An instance has no trunk interface although its type supports it: it is older than the account setting. */
  readonly launchedWithoutTrunk: number;
  /** ECS gives up waiting for the network interface of a task, after 1 to 5 minutes. */
  readonly interfaceTimesOut: number;
  /** The device index that ECS chose for the network interface of a task is in use. */
  readonly interfaceIndexUsed: number;
  /** A task that ends is DEPROVISIONING for 1 to 10 minutes. Its interface and its capacity stay in use. */
  readonly interfaceDetachSlow: number;

  // Stops.
  /**
   * The agent gives up on a stop and reports the task as stopped although its container runs for 1 to 20 minutes more. The
   * volume of the container is unreachable as soon as ECS has detached the network interface of the task.
   */
  readonly stopGivenUp: number;
  /**
   * Docker hangs on an instance for 5 to 60 minutes, 1 to 30 minutes after its registration. The agent stays connected, but
   * no container starts, stops or becomes healthy.
   */
  readonly dockerHangs: number;

  // The readiness container.
  /**
   * Per world: the agent starts the readiness container before it reports the task as RUNNING. It checks the health of the
   * workbench container every 5 seconds, and then pulls the image. No task is ACTIVATING.
   */
  readonly companion: number;
  /** The image of the readiness container cannot be pulled. The task is RUNNING all the same, 1 to 5 minutes later. */
  readonly companionFails: number;

  // Task definitions.
  /** DescribeTaskDefinition and RunTask do not find a new revision for up to 10 seconds. */
  readonly definitionHidden: number;

  // New access points.
  /** EFS throttles CreateAccessPoint. */
  readonly accessPointThrottled: number;
  /** DescribeAccessPoints does not find a new access point for up to 10 seconds. */
  readonly accessPointHidden: number;
  /** EFS refuses mounts of a new access point for up to 30 seconds after it has become `available`. */
  readonly mountRefusedAtFirst: number;

  // Network interfaces of ended tasks.
  /** Per world: the next task of another workbench gets the address of a task that has ended. Always by default. */
  readonly addressReused: number;

  // Operators. Drawn from the end of the tape.
  /** Per world: an operator empties a machine, at once, at a time or without one, and may take it back. */
  readonly machineDrained: number;

  // Reads of the gate. Drawn from the end of the tape.
  /** A call of a gate to the table fails. If it writes, it may have had its effect. */
  readonly gateReadFails: number;
  /** A response of the table to a gate arrives 1 to 8 seconds late. */
  readonly gateReadLate: number;
  /** The index by which a gate finds a workbench misses it. */
  readonly gateIndexStale: number;

  // The gate that starts ask. Drawn from a part of the tape of its own.
  /** Per world: the gate accepts no connection up to twice, for 10 seconds to 20 minutes. */
  readonly gateDown: number;
  /** Per task: the gate does not reach it for 5 seconds to 10 minutes, or at all. */
  readonly gateRouteFails: number;
  /** A function is frozen after the gate has reached a task, until another task waits for the gate, or for 10 minutes. */
  readonly gateResultFrozen: number;
}

const BASE_HAZARDS = {
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
  eventOmitsTaskCounts: 0.5,
  launchedWithoutTrunk: 0.3,
} as const satisfies Partial<Hazards>;

/** What AWS and the ECS agent do without being at fault. `--hazards base` turns them off. */
export const AWS_HAZARDS = {
  endsEarly: 0.5,
  endsWithoutWords: 0.2,
  endShownLate: 0.2,
  launchTokenEnded: 0.5,

  launchDies: 0.1,
  subnetFull: 0.1,
  launchLimited: 0.05,

  spotInterrupted: 0.05,
  drainedByGroup: 0.05,
  groupReplaces: 0.03,
  refreshed: 0.05,

  accessDenied: 0.1,
  functionsLimited: 0.1,

  clockSteps: 0.1,

  oneMountAtATime: 0.5,
  mountSlow: 0.05,

  pullSlow: 0.1,
  pullThrottled: 0.05,
  pullFails: 0.05,
  diskFull: 0.05,

  interfaceTimesOut: 0.03,
  interfaceIndexUsed: 0.03,
  interfaceDetachSlow: 0.1,

  stopGivenUp: 0.05,
  dockerHangs: 0.05,

  companion: 0.5,
  companionFails: 0.15,

  definitionHidden: 0.1,

  accessPointThrottled: 0.1,
  accessPointHidden: 0.1,
  mountRefusedAtFirst: 0.1,

  addressReused: 1,

  machineDrained: 0.2,

  gateReadFails: 0.1,
  gateReadLate: 0.05,
  gateIndexStale: 0.02,

  gateDown: 0.3,
  gateRouteFails: 0.3,
  gateResultFrozen: 0.1,
} as const satisfies Omit<Hazards, keyof typeof BASE_HAZARDS>;

export type AwsHazard = keyof typeof AWS_HAZARDS;

/** The kinds of behaviour of AWS, and the hazards of each. For each kind there is a mutant that its hazards find. */
export const HAZARD_KINDS = {
  'ends of tasks that ECS reports before EC2 has ended the instance': [
    'endsEarly',
    'endsWithoutWords',
    'endShownLate',
  ],
  'client tokens of launches whose instance has ended': ['launchTokenEnded'],
  'launches that end for a reason': ['launchDies'],
  'full subnets': ['subnetFull'],
  'network interfaces that are not attached, or are detached slowly': [
    'interfaceTimesOut',
    'interfaceIndexUsed',
    'interfaceDetachSlow',
  ],
  'one mount at a time, and the errors of mounts': ['oneMountAtATime', 'mountSlow'],
  'stops that the agent gives up': ['stopGivenUp'],
  'a Docker that hangs while the agent is connected': ['dockerHangs'],
  'the readiness container': ['companion', 'companionFails'],
  'Spot interruptions and managed draining': ['spotInterrupted', 'drainedByGroup'],
  'replacement and refresh by the Auto Scaling group': ['groupReplaces', 'refreshed'],
  'calls that are denied for some time': ['accessDenied'],
  'clocks that step': ['clockSteps'],
  'task definitions and access points that are shown or usable late': [
    'definitionHidden',
    'accessPointThrottled',
    'accessPointHidden',
    'mountRefusedAtFirst',
  ],
  'addresses of ended tasks that other tasks get': ['addressReused'],
  'machines that an operator empties': ['machineDrained'],
  'reads of the gate that fail, are late or miss an entry': [
    'gateReadFails',
    'gateReadLate',
    'gateIndexStale',
  ],
  'a gate that is down, or does not reach a task': ['gateDown', 'gateRouteFails', 'gateResultFrozen'],
  'images, disks and limits of the account': [
    'pullSlow',
    'pullThrottled',
    'pullFails',
    'diskFull',
    'launchLimited',
    'functionsLimited',
  ],
} as const satisfies Readonly<Record<string, readonly AwsHazard[]>>;

export const DEFAULT_HAZARDS: Hazards = { ...BASE_HAZARDS, ...AWS_HAZARDS };

/** A world in which no hazard happens, for the tests of single hazards and rules. */
export const NO_HAZARDS: Partial<Hazards> = Object.fromEntries(
  Object.keys(DEFAULT_HAZARDS).map((name) => [name, 0]),
);

export function withoutAwsHazards(): Partial<Hazards> {
  return Object.fromEntries(Object.keys(AWS_HAZARDS).map((name) => [name, 0]));
}

/**
 * The hazards of a schedule with 0 % faults: variants of undocumented behaviour and delays, which users must not notice.
 * The others make a start fail or end a task.
 */
const UNNOTICED_HAZARDS: ReadonlySet<string> = new Set<keyof Hazards>([
  'replayReturnsFirstResponse',
  'limitCheckedBeforeToken',
  'failureConsumesToken',
  'noEventForConnectivity',
  'eventOmitsCapacityProvider',
  'eventOmitsTaskCounts',
  'launchedWithoutTrunk',
  'addressReused',
  'accessPointTokenConflicts',
  'accessPointTokenAccountWide',
  'pendingInstanceCannotStop',
  'describeIsStale',
  'listIsStale',
  'runTaskRefused',
  'containerOutlivesStop',
  'messageDuplicated',
  'messageDelayed',
  'accessPointCreating',
  'endsEarly',
  'endsWithoutWords',
  'launchTokenEnded',
  'oneMountAtATime',
  'companion',
  'definitionHidden',
  'accessPointThrottled',
  'accessPointHidden',
]);

/** Leaves only the hazards that users must not notice. */
export function withoutNoticedHazards(hazards: Partial<Hazards>): Partial<Hazards> {
  const noticed = Object.keys(DEFAULT_HAZARDS).filter((name) => !UNNOTICED_HAZARDS.has(name));
  return { ...hazards, ...Object.fromEntries(noticed.map((name) => [name, 0])) };
}

/**
 * Draws the random choices of a world from the tape. After `disableHazards`, no hazard happens and every delay has its
 * minimum.
 */
export class HazardDraws {
  readonly #tape: Tape;
  readonly #hazards: Hazards;
  /** How long the steps of a start take. */
  readonly timing: Timing;
  /** Hazard → how often it happened. */
  readonly counts = new Map<keyof Hazards, number>();
  #disabled = false;

  constructor(tape: Tape, hazards: Partial<Hazards> = {}, timing: Timing = WIDE_TIMING) {
    this.#tape = tape;
    this.#hazards = { ...DEFAULT_HAZARDS, ...hazards };
    this.timing = timing;
  }

  get disabled(): boolean {
    return this.#disabled;
  }

  disableHazards(): void {
    this.#disabled = true;
  }

  /** Reads the tape only for a probability between 0 and 1, so a hazard that is off or certain shifts no other draw. */
  happens(hazard: keyof Hazards): boolean {
    const probability = this.#hazards[hazard];
    if (this.#disabled || probability <= 0) return false;
    if (probability < 1 && !this.#tape.chance(probability)) return false;
    this.counts.set(hazard, (this.counts.get(hazard) ?? 0) + 1);
    return true;
  }

  /** A whole number of seconds from `min` to `max`, in milliseconds; `min` after `disableHazards`. */
  secondsAsMs(min: number, max: number): number {
    return 1000 * (this.#disabled ? min : this.#tape.intBetween(min, max));
  }

  /** A delay in milliseconds; its minimum after `disableHazards`. */
  delayMs({ min, max, step }: Delay): number {
    return this.#disabled ? min : min + step * this.#tape.intBetween(0, Math.round((max - min) / step));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return this.#disabled ? list[0] : this.#tape.pick(list);
  }
}
