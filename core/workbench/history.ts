import * as z from 'zod/mini';
import { openObjectWithFallbacks } from './open-schema.ts';
import { REASON_CODES } from './reasons.ts';

/** Types of history entries. Part of the API. `unknown` stands for a type that a newer version wrote. */
export const HISTORY_ENTRY_TYPES = [
  'created',
  'start_requested',
  'stop_requested',
  'restart_requested',
  'delete_requested',
  'restored',
  'updated',
  'status_changed',
  'unexpected_task_found',
  'unexpected_task_stopped',
  'orphan_host_terminated',
  'host_replaced',
  'start_retried',
  'gate_silent',
  'repaired',
  'interruption_noticed',
  'restarted_after_interruption',
  'drain_announced',
  'drain_cancelled',
  'processes_may_remain',
  'owner_offered',
  'offer_withdrawn',
  'owner_changed',
  'idle_warned',
  'idle_warning_ended',
  'extended',
  'schedule_started',
  'schedule_warned',
  'schedule_missed',
  'schedule_refused',
  'retention_warned',
  'files_deleted',
  'stop_warned',
  'unknown',
] as const;

export const STATUSES = [
  'stopped',
  'starting',
  'provisioning',
  'pending',
  'running',
  'stopping',
  'deleting',
] as const;
export type Status = (typeof STATUSES)[number];

/** Types of entries about something outside the record. */
export type NotedEntryType = Extract<
  (typeof HISTORY_ENTRY_TYPES)[number],
  'orphan_host_terminated' | 'processes_may_remain'
>;

/** Statuses of history entries. `unknown` stands for a status that a newer version wrote. */
export const HISTORY_STATUSES = [...STATUSES, 'unknown'] as const;

export const historyEntrySchema = openObjectWithFallbacks(
  {
    /** Counts up from 1 without gaps, per workbench. */
    seq: z.int().check(z.minimum(1)),
    /** Milliseconds since 1970. */
    at: z.int(),
    type: z.enum(HISTORY_ENTRY_TYPES),
    /** The acting user; absent if no user requested it. At most 96 bytes. */
    by: z.optional(z.string()),
    from: z.optional(z.enum(HISTORY_STATUSES)),
    to: z.optional(z.enum(HISTORY_STATUSES)),
    code: z.optional(z.enum(REASON_CODES)),
  },
  { type: 'unknown', from: 'unknown', to: 'unknown', code: 'other' },
);

/** An entry of a workbench's history. */
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
