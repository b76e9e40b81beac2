import { END_REASONS } from '#core/gate/decide-request.ts';
import { SIGN_IN_FAILURES } from '#core/gate/sign-in-failures.ts';
import type { MetricDimensions, MetricName } from '#core/ports/telemetry.ts';
import { DELETION_LIMITED_SWEEPS, REPAIR_KINDS, SWEEPS } from '#core/reconcile/report.ts';

/**
 * The metrics that the functions count. The alarms and the dashboard are created from this table. CloudWatch stores one
 * metric for each value of a dimension, and none for their sum.
 */
export const METRICS = {
  api_error: { dimensions: ['code'], description: 'Responses with an error code.' },
  authorizer_refused: { dimensions: ['reason'], description: 'Tokens that the authorizer refused.' },
  authorizer_failed: {
    description:
      'Tokens that could not be verified, because the keys of the issuer or the secret could not be fetched.',
  },
  queue_send_failed: {
    description: 'Failed SendMessage calls. The reconciler drives these workbenches within a minute.',
  },
  quota_settle_failed: {
    description:
      'What a workbench held that could not be given back to the quota of its user. The sweep of quotas corrects it.',
  },
  drive_failed: { description: 'Workbenches that could not be driven. The queue delivers them again.' },
  forward_failed: {
    description:
      'Workbenches that could not be forwarded to the host queue, the delete queue or the work queue. The queue delivers them again.',
  },
  invalid_message_dropped: { description: 'Messages without a valid workbench key. They were dropped.' },
  effect_failed: {
    dimensions: ['effect', 'kind'],
    description:
      'Failed effects, by kind: `throttled` and `no_space` had no effect, `unavailable` may have had one. The controller retries them.',
  },
  overdue: {
    dimensions: ['status'],
    values: ['stopping', 'deleting'],
    description: 'Drives of workbenches whose stop or delete is overdue.',
  },
  start_retried: {
    dimensions: ['code'],
    description: 'Starts that were retried, because the platform ended their task before the workbench ran.',
  },
  gate_silent: {
    description:
      'Starts that ended although the gate did not say that it reaches the workbench: it did not respond, or cannot be asked.',
  },
  unreadable_record: {
    description: 'Reads of a record that this version cannot parse. The record was skipped.',
  },
  unreadable_history_entry: {
    description: 'History entries that this version cannot parse. They were left out.',
  },
  init_failed: {
    dimensions: ['function'],
    description: 'Functions that could not be initialized, for example because of an invalid setting.',
  },
  activity_read_failed: {
    description: 'Responses without `last_activity_at`, because the activity could not be read.',
  },
  activity_write_failed: {
    description: 'Times of the last activity that the gate could not write. It tries again after a minute.',
  },
  audit_events_lost: {
    description:
      'Audit events of openings, refusals and acts that could not be stored. The log has them. A change of rights is refused instead.',
  },
  audit_export_completed: {
    description: 'Exports of the audit after which every hour that has ended has its file.',
  },
  event_publish_failed: {
    description:
      'Workbench events that the bus did not accept. They are published again. In local mode the event is missing in its file.',
  },
  event_dropped: {
    description: 'Workbench events that the bus never accepts. The log has their ids.',
  },
  gate_connection_ended: {
    dimensions: ['reason'],
    values: END_REASONS,
    description: 'WebSockets and responses that the gate ended, by reason.',
  },
  gate_keys_unreadable: {
    description:
      'Failed reads of a secret of the gate: the keys of sessions or of the API. The gate uses the last keys for an hour.',
  },
  sign_in_failed: {
    dimensions: ['reason'],
    values: SIGN_IN_FAILURES,
    description: 'Sign-ins at the issuer that the gate could not complete, by reason.',
  },
  event_ignored: { description: 'Events that concern no workbench of this installation.' },
  orphan_task_observed: { description: 'Events of live tasks whose workbench has no record.' },
  free_capacity_unknown: {
    description: 'Placements without data about the free capacity of shared instances.',
  },
  due_enqueued: { description: 'Workbenches that were enqueued because they were due.' },
  definitions_registered_ahead: {
    description:
      'Task definitions that the sweep of the cluster registered before a start needed them, because the settings changed.',
  },
  sweep_completed: {
    dimensions: ['sweep'],
    values: SWEEPS,
    description: 'Sweeps that checked everything that they had to check.',
  },
  sweep_aborted: { dimensions: ['sweep'], values: SWEEPS, description: 'Sweeps that an error ended.' },
  deletion_limit_exceeded: {
    dimensions: ['sweep'],
    values: DELETION_LIMITED_SWEEPS,
    description: 'Sweeps that found more orphans than the deletion limit and deleted nothing.',
  },
  sweep_deleted: { dimensions: ['sweep'], values: SWEEPS, description: 'Orphans that were deleted.' },
  sweep_quarantined: {
    dimensions: ['sweep'],
    values: SWEEPS,
    description: 'Volumes that were quarantined.',
  },
  sweep_waiting: {
    dimensions: ['sweep'],
    values: SWEEPS,
    description: 'Differences that were left for a later sweep.',
  },
  sweep_failed: {
    dimensions: ['sweep'],
    values: SWEEPS,
    description: 'Repairs that failed, and sweeps that an error ended.',
  },
  repair: {
    dimensions: ['kind'],
    values: REPAIR_KINDS,
    description: 'Differences that were repaired, deleted or quarantined, by kind.',
  },
} as const satisfies { readonly [M in MetricName]: MetricDefinition<MetricDimensions[M]> };

export type { MetricName };

export interface MetricDefinition<D extends string = string> {
  /** Names of the dimensions; absent if the metric has none. */
  readonly dimensions?: readonly [D, ...D[]];
  /** The values of a single dimension, if they are a closed set. */
  readonly values?: readonly string[];
  /** One sentence for operators. */
  readonly description: string;
}

/** A metric without dimensions, or with one dimension that has a closed set of values. Only these can have an alarm. */
export type AlarmingMetric = {
  [M in MetricName]: (typeof METRICS)[M] extends { readonly dimensions: unknown }
    ? (typeof METRICS)[M] extends { readonly values: readonly string[] }
      ? M
      : never
    : M;
}[MetricName];
