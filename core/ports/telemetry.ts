/**
 * Log lines and counters for operators. Fields hold identifiers and codes, never a token, a key or a file's content.
 * Implementations never throw and never block the caller.
 */
export interface Telemetry {
  info(message: string, fields?: TelemetryFields): void;
  warn(message: string, fields?: TelemetryFields): void;
  error(message: string, fields?: TelemetryFields, cause?: unknown): void;
  /** Adds `value` to a metric. Values of dimensions come from closed sets (codes, kinds), never from users. */
  count(...counted: MetricCount): void;
}

export type TelemetryFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Every metric → the names of its dimensions. contract/metrics.ts describes each. */
export interface MetricDimensions {
  readonly api_error: 'code';
  readonly authorizer_refused: 'reason';
  readonly authorizer_failed: never;
  readonly queue_send_failed: never;
  readonly drive_failed: never;
  readonly quota_settle_failed: never;
  readonly forward_failed: never;
  readonly invalid_message_dropped: never;
  readonly effect_failed: 'effect' | 'kind';
  readonly overdue: 'status';
  readonly start_retried: 'code';
  readonly unreadable_record: never;
  readonly unreadable_history_entry: never;
  readonly init_failed: 'function';
  readonly activity_read_failed: never;
  readonly activity_write_failed: never;
  readonly audit_events_lost: never;
  readonly audit_export_completed: never;
  readonly event_publish_failed: never;
  readonly event_dropped: never;
  readonly gate_connection_ended: 'reason';
  readonly gate_keys_unreadable: never;
  readonly gate_silent: never;
  readonly sign_in_failed: 'reason';
  readonly event_ignored: never;
  readonly orphan_task_observed: never;
  readonly free_capacity_unknown: never;
  readonly due_enqueued: never;
  readonly definitions_registered_ahead: never;
  readonly sweep_completed: 'sweep';
  readonly sweep_aborted: 'sweep';
  readonly deletion_limit_exceeded: 'sweep';
  readonly sweep_deleted: 'sweep';
  readonly sweep_quarantined: 'sweep';
  readonly sweep_waiting: 'sweep';
  readonly sweep_failed: 'sweep';
  readonly repair: 'kind';
}
export type MetricName = keyof MetricDimensions;

/** The arguments of `count`: a metric, its value and a value for each of its dimensions. */
export type MetricCount = {
  readonly [M in MetricName]: [MetricDimensions[M]] extends [never]
    ? [metric: M, value: number, dimensions?: undefined]
    : [metric: M, value: number, dimensions: Readonly<Record<MetricDimensions[M], string>>];
}[MetricName];
