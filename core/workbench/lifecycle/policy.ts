import type { QuotaLimits } from '../../quotas/limits.ts';

/**
 * The timeouts, intervals (in milliseconds) and limits of the life cycle. Settings provide them
 * (contract/settings/function-settings.ts); the defaults here are those of the documentation.
 */
export interface Policy {
  /** Maximum time in `starting` (no task yet). Paused while the controller's calls are throttled. @default 15 min */
  readonly startingTimeoutMs: number;
  /** Maximum time in `provisioning`: a scale-out takes minutes. @default 30 min */
  readonly provisioningTimeoutMs: number;
  /** Maximum time in `pending`: image pull, mount, first HTTP response. @default 15 min */
  readonly pendingTimeoutMs: number;
  /** After this time a stop is reported as `instance_unreachable`; it is never assumed to have happened. @default 10 min */
  readonly stoppingTimeoutMs: number;
  /** After this time a deletion that has not finished is reported as overdue. @default 60 min */
  readonly deletingTimeoutMs: number;
  /**
   * Stop settle period: a STOPPED task counts as gone only after this time. Its container may outlive the STOPPED event by
   * seconds, and the clocks of the two functions that measure the period may differ.
   * See docs/lifecycle.md#stop-settle-period. @default 10 s
   */
  readonly stopSettleMs: number;
  /** In a transition a task or host is read this often if no event arrives. @default 15 s */
  readonly pollIntervalMs: number;
  /** Interval at which a stop without effect is requested again. @default 60 s */
  readonly stopRetryMs: number;
  /**
   * Delay of a new RunTask attempt after a refusal, and of a new launch after one that was refused or failed. Not less than EFFECT_ENDS_WITHIN_MS, because a delayed call of the
   * previous attempt could still take effect until then. @default 60 s
   */
  readonly startRetryMs: number;
  /**
   * A start ends after this many tasks that the platform ended before the workbench ran. With 1 no start is retried.
   * @default 3
   */
  readonly startAttemptsMax: number;
  /** No such retry begins later than this after the request. @default 30 min */
  readonly startAttemptsWithinMs: number;
  /** A start is given up after this many launches whose instance ended before it was ready. @default 3 */
  readonly hostLaunchesMax: number;
  /** A task that DescribeTasks does not find counts as gone after this time: ECS is eventually consistent. @default 5 min */
  readonly taskMissingTimeoutMs: number;
  /**
   * Ends the run if the agent of its instance has been disconnected for this long, on hosts and shared instances; the run
   * counts as lost, and a stop that waits for such an instance terminates it. A host on which an overdue stop has no
   * effect is terminated after this additional time, even if its agent is connected. Agents are disconnected for seconds
   * several times an hour. @default 30 min
   */
  readonly agentSilentTimeoutMs: number;
  /**
   * A workbench whose task is ready runs once the gate reaches it, or once the gate has not responded for this time. 0: there
   * is no gate that can be asked. @default 0
   */
  readonly gateSilentTimeoutMs: number;
  /**
   * A running workbench is stopped this long after the warning that AWS takes its spot instance back. AWS ends the
   * instance 120 s after the warning, and a container has 30 s to end after SIGTERM. @default 75 s
   */
  readonly interruptionStopMs: number;
  /** A running workbench is stopped when it was not used for so many minutes. 0: never. @default 60 */
  readonly idleStopMinutes: number;
  /** The same for workbenches with GPUs. @default 30 */
  readonly idleStopGpuMinutes: number;
  /** How long busy processors hold an idle stop off after the last use. @default 24 h */
  readonly busyHoldMs: number;
  /** A run is stopped after so many hours, used or not. 0: never. @default 0 */
  readonly maxRunHours: number;
  /** How long a deleted workbench can be restored. 0: not at all. @default 0 */
  readonly deleteAfterMs: number;
  /** How long a workbench may be stopped before it is deleted, if it can be restored then. 0: as long as its user wants. @default 0 */
  readonly retentionMs: number;
  /** What each user may hold, unless a stored limit says otherwise. @default no limit */
  readonly quotas: QuotaLimits;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const DEFAULT_POLICY: Policy = {
  startingTimeoutMs: 15 * MINUTE,
  provisioningTimeoutMs: 30 * MINUTE,
  pendingTimeoutMs: 15 * MINUTE,
  stoppingTimeoutMs: 10 * MINUTE,
  deletingTimeoutMs: 60 * MINUTE,
  stopSettleMs: 10 * SECOND,
  pollIntervalMs: 15 * SECOND,
  stopRetryMs: 60 * SECOND,
  startRetryMs: 60 * SECOND,
  startAttemptsMax: 3,
  startAttemptsWithinMs: 30 * MINUTE,
  hostLaunchesMax: 3,
  taskMissingTimeoutMs: 5 * MINUTE,
  agentSilentTimeoutMs: 30 * MINUTE,
  gateSilentTimeoutMs: 0,
  interruptionStopMs: 75 * SECOND,
  idleStopMinutes: 60,
  idleStopGpuMinutes: 30,
  busyHoldMs: 24 * 60 * MINUTE,
  maxRunHours: 0,
  deleteAfterMs: 0,
  retentionMs: 0,
  quotas: {},
};

/** An effect begins within this time after the read of the record that required it; after that the record is read again. */
export const EFFECT_BEGINS_WITHIN_MS = 20 * SECOND;

/**
 * An effect that has not happened within this time after the read that required it never happens: it begins within 20 s,
 * its call is sent within 10 s (adapters/aws/send-deadline.ts), the call and its retry, if any, take at most 24 s
 * (adapters/aws/connection.ts). The rest allows for clocks that differ.
 */
export const EFFECT_ENDS_WITHIN_MS = 60 * SECOND;
