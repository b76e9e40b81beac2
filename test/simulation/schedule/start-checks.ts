import { LAUNCH_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { ReasonCode, StatusReason } from '#core/workbench/reasons.ts';
import { runOf, type Workbench } from '#core/workbench/workbench.ts';
import type { Task } from '../world/ecs/types.ts';
import { ACCESS_DENIED, type EC2_ERRORS, TASK_REASONS } from '../world/reasons.ts';
import type { SimulatedInstance } from '../world/simulated-instances.ts';
import type { World } from '../world/world.ts';
import type { ClientHistory } from './client-history.ts';
import { RuleViolation } from './rule-violation.ts';

/** At most this many hosts may be launched for one workbench within LAUNCH_INTERVAL_MS. */
const LAUNCHES_MAX = 3;
const LAUNCH_INTERVAL_MS = 60_000;
/** At most this many launches in sequence may fail for one start, and this many of its tasks. */
const ATTEMPTS_MAX = 3;

/** A message names a cause of the world if it contains this many characters of it, or all of a shorter one. */
const CAUSE_MIN_CHARS = 15;
/** What ECS says of each task that has failed to start. It is no cause. */
const NO_CAUSE = 'Task failed to start';
/** What the controller says of a new instance that has ended as far as EC2 shows. */
const NO_STATE_REASON = 'EC2 gives no reason.';
/** The reasons with which a start must name a cause that AWS gave. */
const CODES_WITH_CAUSE: ReadonlySet<string> = new Set([
  'start_refused',
  'storage_failed',
  'image_pull_failed',
]);

/** Clocks of functions differ from the actual time by up to 2 seconds, and a call takes effect up to 10 seconds later. */
const CLOCK_SLACK_MS = 15_000;
/**
 * The controller recognizes that its clock was set forward if a record is due this long: decision 19. Then the wait continues
 * with what was left of it.
 */
const RECOGNIZED_AFTER_MS = 5 * 60_000;

/**
 * The failures of tasks that must not end a start: the platform ended the task before it ran, and another task may
 * succeed.
 */
const RETRIED_FAILURES: ReadonlySet<string> = new Set(
  [
    TASK_REASONS.imagePullFails,
    TASK_REASONS.mountRefused,
    TASK_REASONS.interfaceTimesOut,
    TASK_REASONS.interfaceIndexUsed,
    TASK_REASONS.mountTimesOut,
    TASK_REASONS.mountTooSlow,
    TASK_REASONS.pullThrottled,
    TASK_REASONS.registryUnreachable,
    TASK_REASONS.diskFull,
    TASK_REASONS.spotInterrupted,
  ].map((reason) => ('containerReason' in reason ? reason.containerReason : reason.stoppedReason)),
);
/** The stop codes of tasks that a caller or the program has ended. */
const NOT_FAILED_STOP_CODES: ReadonlySet<string> = new Set(['UserInitiated', 'EssentialContainerExited']);
/** A start whose task failed is retried at least for this long: the timeout of `starting`. */
const RETRIES_WITHIN_MS = 15 * 60_000;

/**
 * The reason code of a start whose task failed for one of these: it names the component that failed. The text is what the
 * message of the reason contains.
 */
const CODE_OF_FAILURE: ReadonlyMap<string, ReasonCode> = new Map<string, ReasonCode>(
  (
    [
      [TASK_REASONS.imagePullFails, 'image_pull_failed'],
      [TASK_REASONS.pullThrottled, 'image_pull_failed'],
      [TASK_REASONS.registryUnreachable, 'image_pull_failed'],
      [TASK_REASONS.mountRefused, 'storage_failed'],
      [TASK_REASONS.mountTimesOut, 'storage_failed'],
      [TASK_REASONS.mountTooSlow, 'storage_failed'],
      [TASK_REASONS.diskFull, 'start_refused'],
    ] as const
  ).map(([{ containerReason }, code]) => [containerReason, code]),
);

/** Errors that pass by themselves. A start waits for it until its deadline. */
const PASSING_ERRORS: readonly (
  | keyof typeof EC2_ERRORS
  | 'AccessDeniedException'
  | 'ClientException'
  | typeof ACCESS_DENIED
)[] = [
  'InsufficientFreeAddressesInSubnet',
  'VolumeLimitExceeded',
  'NetworkInterfaceLimitExceeded',
  'PendingVerification',
  'VcpuLimitExceeded',
  'UnauthorizedOperation',
  'AccessDeniedException',
  ACCESS_DENIED,
  // RunTask does not find a new task definition yet.
  'ClientException',
];

/**
 * The rules about starts that AWS refuses or ends: how often they are tried, when they are given up, and what the user
 * reads.
 */
export class StartChecks {
  readonly #world: World;
  readonly #clients: ClientHistory;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  #checkedInstances = 0;
  #checkedContainers = 0;
  /** Workbench and run of each record that was `running`. */
  readonly #hasRun = new Set<string>();
  /** The instances that were the host in a record. */
  readonly #recordedHosts = new Set<string>();
  /** The ids of the tasks that were the task of a run in a record. */
  readonly #recordedTasks = new Set<string>();
  /** Client token of a launch that waits → how far the clock was ahead when its record was written, at the least. */
  readonly #leastAhead = new Map<string, number>();

  constructor(
    world: World,
    clients: ClientHistory,
    recordOf: (workbenchId: string) => Workbench | undefined,
  ) {
    this.#world = world;
    this.#clients = clients;
    this.#recordOf = recordOf;
  }

  /** Checks launches and placements. Called after every step. */
  check(): void {
    const instances = this.#world.ec2Instances.all;
    if (instances.size > this.#checkedInstances) {
      for (const instance of [...instances.values()].slice(this.#checkedInstances))
        this.#checkLaunch(instance);
      this.#checkedInstances = instances.size;
    }
    const { mounts } = this.#world.truth;
    for (const { taskArn } of mounts.slice(this.#checkedContainers)) this.#checkPlacement(taskArn);
    this.#checkedContainers = mounts.length;
  }

  /** Checks the end of a start. Called when a record is updated. */
  checkWrite(workbench: Workbench, before: Workbench | undefined, now: number): void {
    if (workbench.host?.instanceId !== undefined) this.#recordedHosts.add(workbench.host.instanceId);
    this.#noteLaunchDelay(workbench);
    this.#checkNextAttempt(workbench);
    this.#checkCode(workbench, before);
    this.#checkCompanion(workbench, before);
    if (!('reason' in workbench) || workbench.reason === undefined || before === undefined) return;
    if (before.status === 'starting') this.#checkPassingRefusal(workbench.reason.message, before, now);
    if (workbench.status !== 'stopped' || before.status === 'stopped') return;
    this.#checkCause(workbench);
    this.#checkRetried(workbench, now);
  }

  /** A start has a limited number of tasks that fail, and is not retried once its workbench has run. */
  #checkNextAttempt(workbench: Workbench): void {
    const { workbenchId } = workbench;
    const run = runOf(workbench);
    if (run === undefined) return;
    const name = `${workbenchId}/${run.runId}`;
    if (workbench.status === 'running') this.#hasRun.add(name);
    if (workbench.status === 'starting' && this.#hasRun.has(name)) {
      throw new RuleViolation(
        `the start of workbench ${workbenchId} was retried although the workbench had run`,
      );
    }
    if (run.phase !== 'accepted') return;
    this.#recordedTasks.add(run.taskId);
    // If two functions send one RunTask request and ECS accepts the first and refuses the second, no record may refer to
    // the task: the controller stops it as an unexpected task and does not learn that it has failed.
    const failed = [...this.#world.ecs.tasks.values()].filter(
      (task) =>
        task.workbenchId === workbenchId &&
        task.runId === run.runId &&
        hasFailedToStart(task) &&
        this.#recordedTasks.has(task.arn.split('/').at(-1) ?? ''),
    );
    if (failed.length >= ATTEMPTS_MAX && !failed.some(({ arn }) => arn.endsWith(run.taskId))) {
      throw new RuleViolation(
        `another task was started for the same start of workbench ${workbenchId} although ${failed.length} had failed`,
      );
    }
  }

  #checkLaunch(instance: SimulatedInstance): void {
    const workbenchId = instance.spec.tags[WORKBENCH_TAG];
    if (workbenchId === undefined) return;
    const hosts = this.#hostsOf(workbenchId);
    const launched = hosts.slice(0, hosts.indexOf(instance) + 1);
    const recent = launched.filter(({ launchedAt }) => instance.launchedAt - launchedAt < LAUNCH_INTERVAL_MS);
    if (recent.length > LAUNCHES_MAX) {
      throw new RuleViolation(
        `${recent.length} hosts were launched for workbench ${workbenchId} within ${LAUNCH_INTERVAL_MS / 1000} seconds`,
      );
    }
    const record = this.#recordOf(workbenchId);
    if (record === undefined) return;
    const failed = this.#failedLaunches(record, launched.slice(0, -1));
    this.#checkLaunchDelay(record, instance, failed.at(-1));
    // If two functions send one launch and EC2 refuses the first and accepts the second, no record refers to the instance:
    // it is an orphan, and the controller does not learn that its launch has failed.
    const known = failed.filter(({ instanceId }) => this.#recordedHosts.has(instanceId));
    if (known.length >= ATTEMPTS_MAX) {
      throw new RuleViolation(
        `another host was launched for the same start of workbench ${workbenchId} although ${known.length} had ended at once`,
      );
    }
  }

  /** Most causes of a failed launch last, so that the next launch of the same start waits for a minute. */
  #checkLaunchDelay(record: Workbench, next: SimulatedInstance, failed: SimulatedInstance | undefined): void {
    const startedAt = this.#world.functionClock.actualTimeOf(record.startedAt ?? 0);
    if (failed === undefined || failed.launchedAt < startedAt) return;
    if (this.#clients.isEndRequestedSince(record.workbenchId, failed.launchedAt)) return;
    const delay = next.launchedAt - failed.launchedAt;
    if (delay + this.#unrecognizedStep(next) >= LAUNCH_INTERVAL_MS - CLOCK_SLACK_MS) return;
    throw new RuleViolation(
      `another host was launched for the same start of workbench ${record.workbenchId} ${Math.round(delay / 1000)} s after a launch that failed`,
    );
  }

  #noteLaunchDelay({ workbenchId, host, updatedAt }: Workbench): void {
    if (host?.launchAfter === undefined) return;
    const token = `${workbenchId}/host/${host.generation}`;
    const ahead = updatedAt - this.#world.functionClock.actualTimeOf(updatedAt);
    this.#leastAhead.set(token, Math.min(ahead, this.#leastAhead.get(token) ?? ahead));
  }

  /**
   * How far the clock was set forward while this launch waited, unless the controller must have recognized it. The step
   * shortens the wait: decision 19.
   */
  #unrecognizedStep({ spec }: SimulatedInstance): number {
    const { offset } = this.#world.functionClock;
    const step = offset - (this.#leastAhead.get(spec.tags[LAUNCH_TAG] ?? '') ?? offset);
    return step < LAUNCH_INTERVAL_MS + RECOGNIZED_AFTER_MS ? Math.max(0, step) : 0;
  }

  /** AWS places no task on an instance that drains, unless an API call sets it to ACTIVE. */
  #checkPlacement(taskArn: string): void {
    const task = this.#world.ecs.tasks.get(taskArn);
    const { drainingSince } = task?.containerInstance ?? {};
    if (drainingSince !== undefined && (task?.placedAt ?? 0) > drainingSince) {
      throw new RuleViolation(`${taskArn} was placed on an instance that AWS drains`);
    }
  }

  #checkPassingRefusal(
    message: string,
    before: Extract<Workbench, { status: 'starting' }>,
    now: number,
  ): void {
    const { workbenchId, deadlineAt, deadlinePausedAt } = before;
    // After a step the deadline in the record does not compare with the actual time.
    if (this.#world.functionClock.steps) return;
    const error = PASSING_ERRORS.find((name) => message.includes(name));
    if (error === undefined || deadlinePausedAt !== undefined || now >= deadlineAt - CLOCK_SLACK_MS) return;
    if (this.#endedLaunches(before).length >= ATTEMPTS_MAX) return;
    throw new RuleViolation(
      `the start of workbench ${workbenchId} was given up ${Math.round((deadlineAt - now) / 1000)} s before its deadline for a refusal that passes: ${message}`,
    );
  }

  #checkCause(workbench: Extract<Workbench, { status: 'stopped' }>): void {
    const { workbenchId, reason } = workbench;
    if (reason === undefined || !CODES_WITH_CAUSE.has(reason.code)) return;
    // A clock that is ahead takes an instance that EC2 does not show yet for terminated: decision 19.
    if (this.#world.functionClock.steps && reason.message.endsWith(NO_STATE_REASON)) return;
    const causes = [
      ...this.#tasksOf(workbench).flatMap(({ stoppedReason, containerReason }) => [
        stoppedReason,
        containerReason,
      ]),
      ...this.#world.truth.refusals
        .filter(({ at }) => at >= this.#startOf(workbench))
        .flatMap(({ name, message }) => [name, message]),
      ...this.#hostsOf(workbenchId).flatMap(({ stateReason }) => stateReason),
    ];
    if (causes.some((cause) => cause !== undefined && cause !== NO_CAUSE && names(reason.message, cause)))
      return;
    throw new RuleViolation(
      `workbench ${workbenchId} is stopped with ${reason.code}, and its message names no cause: ${reason.message}`,
    );
  }

  /** The reason of a failed start, and of one that is retried, has the code of the component that failed. */
  #checkCode(workbench: Workbench, before: Workbench | undefined): void {
    const reason = failureReasonOf(workbench);
    if (reason === undefined || before === undefined || failureReasonOf(before) !== undefined) return;
    const failure = this.#tasksOf(workbench).at(-1)?.containerReason;
    const expected = CODE_OF_FAILURE.get(failure ?? '');
    if (failure === undefined || expected === undefined || reason.code === expected) return;
    if (!reason.message.includes(withoutErrorName(failure))) return;
    throw new RuleViolation(
      `the start of workbench ${workbench.workbenchId} failed with ${reason.code} instead of ${expected}: ${failure}`,
    );
  }

  /** The readiness container may fail on its own, so its failure explains nothing. */
  #checkCompanion(workbench: Workbench, before: Workbench | undefined): void {
    const message = failureReasonOf(workbench)?.message;
    if (message === undefined || message === (before && failureReasonOf(before)?.message)) return;
    const failure = this.#tasksOf(workbench).find(({ companionReason }) => companionReason)?.companionReason;
    if (failure === undefined || !message.includes(withoutErrorName(failure))) return;
    throw new RuleViolation(
      `the end of workbench ${workbench.workbenchId} is explained by the failure of its readiness container: ${message}`,
    );
  }

  #checkRetried(workbench: Extract<Workbench, { status: 'stopped' }>, now: number): void {
    const { workbenchId, reason } = workbench;
    const startedAt = this.#startOf(workbench);
    // A clock that is ahead ends the time within which a start is retried.
    if (now - startedAt > RETRIES_WITHIN_MS || this.#world.functionClock.steps) return;
    if (this.#clients.isEndRequestedSince(workbenchId, startedAt)) return;
    const tasks = this.#tasksOf(workbench);
    if (tasks.some((task) => task.startedAt !== undefined) || tasks.length >= ATTEMPTS_MAX) return;
    const failure = failureOf(tasks.at(-1));
    if (failure === undefined || !RETRIED_FAILURES.has(failure)) return;
    const message = reason?.message ?? '';
    if (!message.includes(NO_CAUSE) && !names(message, failure)) return;
    throw new RuleViolation(
      `the start of workbench ${workbenchId} ended after ${tasks.length} tasks, although another one may succeed: ${failure}`,
    );
  }

  /** When the last start was requested, minus the difference of clocks. */
  #startOf({ startedAt = 0 }: Workbench): number {
    return this.#world.functionClock.actualTimeOf(startedAt) - CLOCK_SLACK_MS;
  }

  /** The tasks of the last start, in the order of their creation. */
  #tasksOf(workbench: Workbench): readonly Task[] {
    const { forgottenTasks, tasks } = this.#world.ecs;
    return [...forgottenTasks, ...tasks.values()].filter(
      ({ workbenchId, createdAt }) =>
        workbenchId === workbench.workbenchId && createdAt >= this.#startOf(workbench),
    );
  }

  /** The hosts of a workbench, in the order of their launch. */
  #hostsOf(workbenchId: string): readonly SimulatedInstance[] {
    return [...this.#world.ec2Instances.all.values()].filter(
      ({ spec }) => spec.tags[WORKBENCH_TAG] === workbenchId,
    );
  }

  /**
   * The launches of the last start that failed since one succeeded. After a restart, the launch of the run that ends may
   * still be sent again, to find its instance. Its generation differs from those of the new start.
   */
  #failedLaunches(record: Workbench, hosts: readonly SimulatedInstance[]): readonly SimulatedInstance[] {
    const since = this.#launchesOf(record, hosts);
    return since.slice(since.findLastIndex(({ launchFailed }) => launchFailed !== true) + 1);
  }

  /** Those that EC2 ends, also those that were terminated by hand: none of them became ready. */
  #endedLaunches(record: Workbench): readonly SimulatedInstance[] {
    return this.#launchesOf(record, this.#hostsOf(record.workbenchId)).filter(
      ({ state }) => state === 'shutting-down' || state === 'terminated',
    );
  }

  /** The launches of the present run. */
  #launchesOf(record: Workbench, hosts: readonly SimulatedInstance[]): readonly SimulatedInstance[] {
    const { lastHostGeneration = 0 } = record;
    return hosts.filter(
      (host) => host.launchedAt >= this.#startOf(record) && generationOf(host) > lastHostGeneration,
    );
  }
}

/** The generation of a host, from the client token of its launch: `<workbench>/host/<generation>`. */
function generationOf({ spec }: SimulatedInstance): number {
  return Number(spec.tags[LAUNCH_TAG]?.split('/').at(-1));
}

/** Whether the platform ended the task before it ran. */
function hasFailedToStart({ lastStatus, startedAt, stopCode = '' }: Task): boolean {
  return lastStatus === 'STOPPED' && startedAt === undefined && !NOT_FAILED_STOP_CODES.has(stopCode);
}

/** Why the start failed, or why its last task failed. */
function failureReasonOf(workbench: Workbench): StatusReason | undefined {
  if ('reason' in workbench) return workbench.reason;
  return 'refusal' in workbench ? workbench.refusal : undefined;
}

function withoutErrorName(failure: string): string {
  return failure.slice(failure.indexOf(': ') + 2);
}

function failureOf(task: Task | undefined): string | undefined {
  return task?.containerReason ?? task?.stoppedReason;
}

/** Whether the message contains the cause, or a long enough part of it. */
function names(message: string, cause: string): boolean {
  if (cause.length <= CAUSE_MIN_CHARS) return message.includes(cause);
  for (let from = 0; from + CAUSE_MIN_CHARS <= cause.length; from += 1) {
    if (message.includes(cause.slice(from, from + CAUSE_MIN_CHARS))) return true;
  }
  return false;
}
