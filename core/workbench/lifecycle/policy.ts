/**
 * How long the life cycle waits for what. All in milliseconds. Settings fill it (contract/settings/function-settings.ts); the
 * defaults here are those of the documentation.
 */
export interface Policy {
  /** A start may stay `starting` (no task yet) this long; stands still while we ourselves queue the work. @default 15 min */
  readonly startingTimeoutMs: number;
  /** A task may wait for capacity this long: scale-outs take minutes. @default 30 min */
  readonly provisioningTimeoutMs: number;
  /** A task may be prepared (image, mount, first HTTP answer) this long. @default 15 min */
  readonly pendingTimeoutMs: number;
  /** After this a stop is reported as `instance_unreachable`; it is never assumed to have happened. @default 10 min */
  readonly stoppingTimeoutMs: number;
  /** After this a destroy that has not ended is reported as overdue. @default 60 min */
  readonly deletingTimeoutMs: number;
  /**
   * A STOPPED task counts as gone only after this: its container may outlive the answer by seconds, and of the two
   * functions that measure it one's clock may be ahead of the other's. @default 10 s
   */
  readonly stopSettleMs: number;
  /** In transition, a task or host is looked at this often when no event comes. @default 15 s */
  readonly pollIntervalMs: number;
  /** A stop that shows no effect is asked for again this often. @default 60 s */
  readonly stopRetryMs: number;
  /**
   * A new RunTask attempt after a refusal waits this long. Not below EFFECT_ENDS_WITHIN_MS: until then a delayed
   * call of the attempt before could still come. @default 60 s
   */
  readonly startRetryMs: number;
  /** A task that is not found counts as gone when it has been missing this long: lists lag. @default 5 min */
  readonly taskMissingTimeoutMs: number;
  /**
   * A machine whose agent has been silent this long is given up: what ran on it counts as lost, and a stop that
   * waits for it ends the machine. A dedicated host that keeps an overdue stop from ending is ended after this
   * much more, silent or not. Agents are silent for seconds several times an hour. @default 30 min
   */
  readonly agentSilentTimeoutMs: number;
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
  taskMissingTimeoutMs: 5 * MINUTE,
  agentSilentTimeoutMs: 30 * MINUTE,
};

/** Effects begin within this time of the read that owed them; after it the record is read again. */
export const EFFECT_BEGINS_WITHIN_MS = 20 * SECOND;

/**
 * Within this of the read that owed it an effect has been had, or never will be: 20 s until it begins, 10 s until the
 * call that counts is sent (adapters/aws/send-deadline.ts), 24 s for that call and its repetition, if any
 * (adapters/aws/connection.ts), and what is left for clocks that differ.
 */
export const EFFECT_ENDS_WITHIN_MS = 60 * SECOND;
