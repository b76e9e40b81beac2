import { DELETION_LIMITED_SWEEPS, SWEEPS } from '#core/reconcile/report.ts';

/**
 * What is counted, and by which dimension: the alarms and the dashboard are made from it. CloudWatch keeps a metric
 * for each value of a dimension and none for their sum.
 */
export const METRICS = {
  api_error: { by: 'code', what: 'Requests answered with an error.' },
  authorizer_refused: { by: 'reason', what: 'Tokens that were refused.' },
  authorizer_failed: {
    what: 'Tokens about which nothing could be decided: the issuer’s keys could not be had.',
  },
  queue_send_failed: { what: 'Keys that the queue did not take; the reconciler makes good for it.' },
  drive_failed: { what: 'Workbenches that could not be driven; the queue delivers them again.' },
  forward_failed: { what: 'Keys that could not be handed over to drive-host.' },
  invalid_message_dropped: { what: 'Messages that name no workbench.' },
  effect_failed: {
    by: ['effect', 'kind'],
    what: 'Calls to the cloud that did not go through; they are repeated.',
  },
  overdue: {
    by: 'status',
    values: ['stopping', 'deleting'],
    what: 'Looks at workbenches whose stop or destroy is late.',
  },
  unreadable_record: { what: 'Looks at records that cannot be read, and are left alone.' },
  unreadable_record_listed: { what: 'Records that cannot be read, and are left out of a list.' },
  unreadable_history_entry: { what: 'Lines of history that cannot be read.' },
  init_failed: { by: 'function', what: 'Functions that could not be made from their settings.' },
  event_ignored: { what: 'Events that are about nothing of ours.' },
  orphan_task_observed: { what: 'Events of tasks whose workbench is no more.' },
  free_capacity_unknown: { what: 'Placements without knowing what is free on the machines.' },
  due_enqueued: { what: 'Workbenches that were enqueued because they were due.' },
  sweep_completed: {
    by: 'sweep',
    values: SWEEPS,
    what: 'Sweeps that came to the end of what there is to look at.',
  },
  sweep_aborted: { by: 'sweep', values: SWEEPS, what: 'Sweeps that failed as a whole.' },
  deletion_limit_exceeded: {
    by: 'sweep',
    values: DELETION_LIMITED_SWEEPS,
    what: 'Sweeps that wanted to remove suspiciously much, and deleted nothing.',
  },
  sweep_repaired: { by: 'sweep', values: SWEEPS, what: 'Records that were not as things are.' },
  sweep_deleted: { by: 'sweep', values: SWEEPS, what: 'Things that no workbench wanted, deleted.' },
  sweep_quarantined: { by: 'sweep', values: SWEEPS, what: 'Volumes that were set aside.' },
  sweep_waiting: { by: 'sweep', values: SWEEPS, what: 'Things that were left alone for now.' },
  sweep_failed: {
    by: 'sweep',
    values: SWEEPS,
    what: 'Things that could not be put right, and sweeps that ended early.',
  },
  repair: { by: 'kind', what: 'Repairs, by what was wrong.' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export interface MetricDefinition {
  /** The dimensions that it has; none: there is one number. */
  readonly by?: string | readonly string[];
  /** The values of its one dimension, where they are a closed set. */
  readonly values?: readonly string[];
  /** For the dashboard and for docs. */
  readonly what: string;
}

export type MetricName = keyof typeof METRICS;
/** Of one dimension with a closed set of values, or of none: what an alarm can be made of. */
export type AlarmingMetric = {
  [M in MetricName]: (typeof METRICS)[M] extends { readonly by: unknown }
    ? (typeof METRICS)[M] extends { readonly values: readonly string[] }
      ? M
      : never
    : M;
}[MetricName];
