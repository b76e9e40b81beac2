import { BRAKED_SWEEPS, SWEEPS } from '#core/reconcile/report.ts';

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
  message_dropped: { what: 'Messages that name no workbench.' },
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
  UnreadableRecord: { what: 'Records that cannot be read, and are left out of a list.' },
  UnreadableHistory: { what: 'Lines of history that cannot be read.' },
  wiring_failed: { by: 'function', what: 'Functions that could not be made from their settings.' },
  event_passed_over: { what: 'Events that are about nothing of ours.' },
  orphan_task_seen: { what: 'Events of tasks whose workbench is no more.' },
  room_unknown: { what: 'Placements without knowing what is free on the machines.' },
  reconcile_due: { what: 'Workbenches that were woken because they were due.' },
  sweep_completed: {
    by: 'sweep',
    values: SWEEPS,
    what: 'Sweeps that came to the end of what there is to look at.',
  },
  sweep_ended_early: { by: 'sweep', values: SWEEPS, what: 'Sweeps that failed as a whole.' },
  reconcile_alarm: {
    by: 'sweep',
    values: BRAKED_SWEEPS,
    what: 'Sweeps that wanted to remove suspiciously much, and removed nothing.',
  },
  reconcile_repaired: { by: 'sweep', values: SWEEPS, what: 'Records that were not as things are.' },
  reconcile_removed: { by: 'sweep', values: SWEEPS, what: 'Things that no workbench wanted, removed.' },
  reconcile_quarantined: { by: 'sweep', values: SWEEPS, what: 'Volumes that were set aside.' },
  reconcile_waiting: { by: 'sweep', values: SWEEPS, what: 'Things that were left alone for now.' },
  reconcile_failed: {
    by: 'sweep',
    values: SWEEPS,
    what: 'Things that could not be put right, and sweeps that ended early.',
  },
  reconcile_repair: { by: 'kind', what: 'Repairs, by what was wrong.' },
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
