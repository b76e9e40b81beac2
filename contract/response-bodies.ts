import * as z from 'zod/mini';
import { ERROR_CODES } from '#core/errors.ts';
import { findingSchema, SWEEPS } from '#core/reconcile/report.ts';
import { HISTORY_ENTRY_TYPES, STATUSES } from '#core/workbench/history.ts';
import { REASON_CODES, REASONS } from '#core/workbench/reasons.ts';

/**
 * The shapes of answers. A field that does not apply is left out, never null. Functions use the types alone;
 * the schemas are for docs/api.yaml and for tests.
 */

const time = () => z.iso.datetime().check(z.describe('ISO 8601, UTC, milliseconds.'));
const status = () =>
  z
    .enum(STATUSES)
    .check(
      z.describe(
        'Poll until it is `running`: then the workbench answers HTTP. `stopped` means that nothing of it runs any more.',
      ),
    );

const reasonList = Object.entries(REASONS).map(([code, meaning]) => `\`${code}\`: ${meaning}`);

export const itemSchema = z.object({
  user_id: z.string(),
  workbench_id: z.string().check(z.describe('26 lower-case letters and digits; sorts by creation time.')),
  workbench_name: z.string(),
  status: status(),
  status_detail: z.optional(
    z
      .string()
      .check(
        z.describe(
          "What a workbench in transition waits for: `queued`, `volume`, `host`, `capacity`, `run`, `instance_unreachable`, or the task's own word.",
        ),
      ),
  ),
  desired_status: z.enum(['running', 'stopped', 'deleted']).check(z.describe('What was asked for last.')),
  status_reason: z.optional(
    z
      .object({ code: z.enum(REASON_CODES).check(z.describe(reasonList.join('\n'))), message: z.string() })
      .check(z.describe('Why it is, or is going to be, stopped although it was wanted running.')),
  ),
  public_endpoint: z.string().check(z.describe('Where it is opened in a browser.')),
  requested_cpu: z.int().check(z.minimum(0), z.describe('CPU units: 1 vCPU = 1024.')),
  requested_memory: z.int().check(z.minimum(0), z.describe('MiB.')),
  requested_gpu: z.int().check(z.minimum(0)),
  allocated_instance_type: z.optional(
    z.string().check(z.describe('The type of its own instance, when it has one.')),
  ),
  allocated_instance_id: z.optional(z.string().check(z.describe('Its own instance, once there is one.'))),
  created_at: time(),
  started_at: z.optional(time().check(z.describe('When the current or last run was asked for.'))),
  ready_at: z.optional(time().check(z.describe('When the current or last run became ready.'))),
  stopped_at: z.optional(time().check(z.describe('When the last run ended.'))),
  updated_at: time(),
});
export type WorkbenchItem = z.infer<typeof itemSchema>;

export const historyItemSchema = z.object({
  seq: z.int().check(z.minimum(1), z.describe('Counts up from 1.')),
  time: time(),
  type: z
    .enum(HISTORY_ENTRY_TYPES)
    .check(
      z.describe(
        '`unexpected_task_found`, `unexpected_task_stopped`, `orphan_host_terminated`: of a task or machine that is not the current one. `repaired`: its task or machine was not as recorded.',
      ),
    ),
  by: z.optional(z.string().check(z.describe('Who asked.'))),
  from: z.optional(status()),
  to: z.optional(status()),
  reason_code: z.optional(z.enum(REASON_CODES)),
});
export type HistoryItem = z.infer<typeof historyItemSchema>;

const success = z.literal(true);

export const successSchema = z.object({ success });
export const itemResponseSchema = z.object({ success, item: itemSchema });
export const listResponseSchema = z.object({
  success,
  items: z.array(itemSchema),
  next_cursor: z.optional(
    z.string().check(z.describe('Send it as `cursor` for the next page; absent on the last.')),
  ),
});
export const historyResponseSchema = z.object({ success, items: z.array(historyItemSchema) });
export const reportItemSchema = z.object({
  sweep: z
    .enum(SWEEPS)
    .check(
      z.describe(
        '`active`: records held against their tasks and machines; `tasks`, `hosts`, `volumes`: what is there held against the records; `cluster`: task definitions and registrations.',
      ),
    ),
  started_at: time(),
  ended_at: time(),
  checked: z.int(),
  repaired: z.int().check(z.describe('Records that were not as what was found.')),
  deleted: z.int(),
  quarantined: z.int().check(z.describe('Volumes with files that no workbench has: set aside, untouched.')),
  waiting: z.int().check(z.describe('Left alone this time; the findings say why.')),
  failed: z.int(),
  alarm: z
    .boolean()
    .check(z.describe('It wanted to remove suspiciously much and deleted nothing: somebody must look.')),
  findings: z.array(findingSchema).check(z.describe('The 20 gravest; the counts are whole.')),
});
export type ReportItem = z.infer<typeof reportItemSchema>;
export const reportsResponseSchema = z.object({ success, items: z.array(reportItemSchema) });
export const healthResponseSchema = z.object({
  success,
  item: z.object({ status: z.literal('ok'), version: z.string() }),
});

export const errorResponseSchema = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.enum(ERROR_CODES),
    message: z.string().check(z.describe('For people: what was wrong, and what to do.')),
    reason: z.optional(z.string().check(z.describe('A machine word that narrows the code.'))),
    fields: z.optional(
      z.record(z.string(), z.string()).check(z.describe('Each bad field, with what is expected of it.')),
    ),
  }),
});

/** What API Gateway itself answers, before a function is asked. */
export const gatewayErrorSchema = z.object({ message: z.string() });
