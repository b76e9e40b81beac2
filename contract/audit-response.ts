import * as z from 'zod/mini';
import { ACTOR_KINDS, AUDIT_ACTIONS, AUDIT_OUTCOMES, SUBJECT_KINDS } from '#core/audit/audit-event.ts';

/** The body of the response of `GET /audit`. */

export const auditItemSchema = z.object({
  id: z.string().check(z.describe('26 characters. An event is listed once.')),
  at: z.iso.datetime().check(z.describe('ISO 8601, UTC, with milliseconds.')),
  action: z.enum(AUDIT_ACTIONS).check(z.describe('Reads occur only as refused.')),
  outcome: z
    .enum(AUDIT_OUTCOMES)
    .check(
      z.describe(
        '`allowed`: the actor had the right. The event of a change of rights is stored before the change takes effect. `refused`: the actor did not have the right. `failed`: the request ended with an error, and may have had an effect.',
      ),
    ),
  actor: z
    .object({ kind: z.enum(ACTOR_KINDS), id: z.optional(z.string()) })
    .check(
      z.describe(
        '`user`: `id` is the user_id. `client`: a program with a token without a user. `static_key`: the trusted backend. `local`: a caller of local mode without authentication. `none`: a visitor who has not signed in.',
      ),
    ),
  on_behalf_of: z.optional(z.string()).check(z.describe('The user in whose name the actor acted.')),
  workbench_id: z.optional(z.string()),
  owner_id: z.optional(z.string()).check(z.describe('The owner of the workbench.')),
  subject: z
    .optional(z.object({ kind: z.enum(SUBJECT_KINDS), id: z.optional(z.string()) }))
    .check(z.describe('What the act concerns besides a workbench, such as the user or group of a share.')),
  reason: z.optional(z.string()).check(z.describe('Why the request was refused or failed: a code.')),
  request_id: z.optional(z.string()).check(z.describe('The id of the request, which the logs contain.')),
  detail: z
    .optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
    .check(z.describe('Further values, such as the role of a share. Never a token, key or ticket.')),
});
export type AuditItem = z.infer<typeof auditItemSchema>;

export const auditResponseSchema = z.object({
  success: z.literal(true),
  items: z.array(auditItemSchema),
  next_cursor: z.optional(
    z
      .string()
      .check(
        z.describe(
          'Send it as `cursor` to get the next page. Absent on the last page. A page before the last one may have few items, or none.',
        ),
      ),
  ),
});
