import * as z from 'zod/mini';
import { REASON_CODES } from './reasons.ts';

/** What can happen to a workbench, as its history names it. Closed and part of the contract. */
export const HISTORY_ENTRY_TYPES = [
  'created',
  'start_requested',
  'stop_requested',
  'restart_requested',
  'delete_requested',
  'updated',
  'status_changed',
  'unexpected_task_found',
  'unexpected_task_stopped',
  'orphan_host_terminated',
  'host_replaced',
  'repaired',
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

export const historyEntrySchema = z.object({
  /** Counts up from 1 without gaps, per workbench. */
  seq: z.int().check(z.minimum(1)),
  /** Milliseconds since 1970. */
  at: z.int(),
  type: z.enum(HISTORY_ENTRY_TYPES),
  /** Who asked; absent where nobody did. At most 96 bytes. */
  by: z.optional(z.string()),
  from: z.optional(z.enum(STATUSES)),
  to: z.optional(z.enum(STATUSES)),
  code: z.optional(z.enum(REASON_CODES)),
});

/** One line of a workbench's history. */
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
