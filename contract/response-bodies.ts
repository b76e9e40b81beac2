import * as z from 'zod/mini';
import { ERROR_CODES } from '#core/errors.ts';
import { LOG_LINE_MAX_BYTES } from '#core/ports/run-log-reader.ts';
import { START_KINDS } from '#core/ports/start-times-store.ts';
import { STORED_FINDING_TYPES, STORED_REPAIR_KINDS, STORED_SWEEPS } from '#core/reconcile/report.ts';
import { HISTORY_ENTRY_TYPES, HISTORY_STATUSES, STATUSES } from '#core/workbench/history.ts';
import { EVIDENCE_KINDS } from '#core/workbench/idle-schema.ts';
import { REASON_CODES, REASONS } from '#core/workbench/reasons.ts';
import { costSchema } from './cost-bodies.ts';
import { quotaRefusalSchema } from './quota-bodies.ts';
import { presentedScheduleSchema } from './schedule-bodies.ts';

/**
 * The bodies of responses. A field that does not apply is left out, never null. The functions use the types only; the
 * schemas serve docs/api.yaml and the tests.
 */

const time = () => z.iso.datetime().check(z.describe('ISO 8601, UTC, with milliseconds.'));
const status = () =>
  z
    .enum(STATUSES)
    .check(
      z.describe(
        'Poll until it is `running`: then the workbench responds to HTTP requests. `stopped` means that no task and no dedicated instance of it is running. A start whose task fails on the side of the platform is retried: the status is then `stopping` with `desired_status` `running`, and `starting` again.',
      ),
    );

const reasonList = Object.entries(REASONS).map(([code, meaning]) => `\`${code}\`: ${meaning}`);

export const itemSchema = z.object({
  user_id: z.string().check(z.describe('The owner.')),
  workbench_id: z.string().check(z.describe('26 lower-case letters and digits. Sorts by creation time.')),
  workbench_name: z.string(),
  labels: z.optional(
    z
      .record(z.string(), z.string())
      .check(z.describe('Keys and values that users have given it. Absent without any.')),
  ),
  role: z.optional(
    z
      .enum(['manage', 'use', 'administrator'])
      .check(
        z.describe(
          'The role in which the acting user sees a workbench of another user: `manage` or `use` if it is shared, `administrator` for an administrator. Absent for the owner.',
        ),
      ),
  ),
  status: status(),
  status_detail: z.optional(
    z
      .string()
      .check(
        z.describe(
          'What a workbench in transition is waiting for: `queued` (calls of the controller are throttled), `no_space` (the controller cannot store what the start needs), `volume`, `host`, `capacity`, `run` (an earlier task must end first), `retry` (the task of the start failed, and another one is started once it has stopped), `gate` (the workbench is ready, and the gate must say that it reaches it; if it does not, a text says why), `instance_unreachable` (a stop is overdue), or the status that ECS reports for the task. In local mode also a text about the start, for example `nothing listens on port 20123 (PORT) of localhost`. Also of a running workbench: `spot_interruption` (AWS takes its instance back within two minutes), `instance_draining` (its instance is being replaced), `machine_draining` (an operator empties its machine; `stops_at` says when), `unhealthy` (the IDE no longer responds to its health check; a restart helps if it does not recover), `idle_unknown` (its activity cannot be read, so that it is not stopped for idleness), and in local mode `volume_almost_full` (the limit of its files is almost reached) or `disk_almost_full`: delete files that you no longer need. Of a stopped one: `deletion_planned` (it was stopped for long, and is deleted at `deletes_at` unless it is used), `schedule_missed` (the controller did not work when its schedule was to start it), `schedule_refused` (a quota refused this start); the next start is at `next_start_at`.',
        ),
      ),
  ),
  desired_status: z
    .enum(['running', 'stopped', 'deleted'])
    .check(z.describe('The state that was last requested.')),
  status_reason: z.optional(
    z
      .object({ code: z.enum(REASON_CODES).check(z.describe(reasonList.join('\n'))), message: z.string() })
      .check(z.describe('Why the workbench stopped or is stopping without a request to stop it.')),
  ),
  public_endpoint: z.string().check(z.describe('The address of the workbench for a browser.')),
  requested_cpu: z.int().check(z.minimum(0), z.describe('CPU units: 1 vCPU = 1024.')),
  requested_memory: z.int().check(z.minimum(0), z.describe('MiB.')),
  requested_gpu: z.int().check(z.minimum(0), z.describe('Number of GPUs.')),
  on_interruption: z
    .enum(['stop', 'restart'])
    .check(
      z.describe(
        'What follows when AWS takes the instance of the workbench back, or an operator empties its machine at a given time.',
      ),
    ),
  allocated_instance_type: z.optional(
    z.string().check(z.describe('The type of its dedicated instance, if it was created with one.')),
  ),
  allocated_instance_id: z.optional(
    z.string().check(z.describe('The id of its dedicated instance, once it is launched.')),
  ),
  created_at: time(),
  started_at: z.optional(time().check(z.describe('When the current or last run was requested.'))),
  ready_at: z.optional(time().check(z.describe('When the current or last run became ready.'))),
  stopped_at: z.optional(time().check(z.describe('When the last run ended.'))),
  stops_at: z.optional(
    time().check(
      z.describe(
        'When the controller stops the running workbench: the earliest of the stops that are planned. An idle stop is planned 10 minutes before at the latest, and only if it is not used until then.',
      ),
    ),
  ),
  stops_because: z.optional(
    z
      .enum(REASON_CODES)
      .check(z.describe('The code of the `status_reason` that the stop at `stops_at` will have.')),
  ),
  idle_stop_minutes: z.optional(
    z
      .nullable(z.int().check(z.minimum(0)))
      .check(
        z.describe(
          'Of a running workbench, the limit in force: it is stopped when it was not used for so many minutes; `null`: never. Otherwise the limit that its user has set; absent if the default of the installation applies from its next start.',
        ),
      ),
  ),
  idle_since: z.optional(
    time().check(
      z.describe(
        'The last known use of the running workbench. Activity is read when the limit could be reached, so that the true time may be later, except in the responses of `GET`, which know of browsers.',
      ),
    ),
  ),
  idle_because: z.optional(
    z
      .enum(EVIDENCE_KINDS)
      .check(
        z.describe(
          'What keeps the running workbench, or kept it last. `browser`: a person used it in a browser. `ide`: its IDE worked. `busy`: its processors or GPUs are busy. `keepalive`: a program asked to keep it. `start`: it was started. `extend`: a person extended it.',
        ),
      ),
  ),
  keepalive_until: z.optional(
    time().check(z.describe('The running workbench is not stopped for idleness before this time.')),
  ),
  keepalive_reason: z.optional(
    z
      .string()
      .check(
        z.describe(
          'Why a program keeps it until `keepalive_until`, as the program has said. Only in the responses of `GET` of a single workbench.',
        ),
      ),
  ),
  max_run_hours: z.optional(
    z.int().check(z.minimum(1), z.describe('The limit of a run that its user has set.')),
  ),
  stop_at: z.optional(time().check(z.describe('When the workbench is to be stopped, as its user has set.'))),
  schedule: z.optional(
    presentedScheduleSchema.check(
      z.describe('When it starts and stops by itself: cron expressions of five fields.'),
    ),
  ),
  next_start_at: z.optional(
    time().check(
      z.describe(
        'When the stopped workbench starts by its schedule. The next stop of a running one is `stops_at`, if it is the earliest.',
      ),
    ),
  ),
  last_activity_at: z.optional(
    time().check(
      z.describe(
        'When a person last used the workbench, as the gate has seen it: data that a browser sent on a WebSocket, or a request that is not repeated by a program. At most about a minute old. Only in the responses of `GET`, of a running or stopped workbench that was used in the last 400 days.',
      ),
    ),
  ),
  deletes_at: z.optional(
    time().check(
      z.describe(
        'When the workbench is deleted because it was stopped for long, where the installation does so (`WB_RETENTION_DAYS`). Its owner is warned 7 days before, and can restore it for some time. A start or a change begins the time anew.',
      ),
    ),
  ),
  deleted_at: z.optional(
    time().check(z.describe('When it was deleted. Only of a deleted workbench that can be restored.')),
  ),
  restorable_until: z.optional(
    time().check(z.describe('It can be restored until this time. Then it is deleted with its files.')),
  ),
  updated_at: time(),
  offered_to: z.optional(
    z
      .string()
      .check(z.describe('The user to whom the owner offers the workbench, until `offer_expires_at`.')),
  ),
  offer_expires_at: z.optional(time()),
  cost: z.optional(
    costSchema.check(
      z.describe(
        'What the workbench costs, in USD. Only in the responses of `GET`; absent if it costs nothing, as in local mode.',
      ),
    ),
  ),
});
export type WorkbenchItem = z.infer<typeof itemSchema>;

export const meItemSchema = z.object({
  user_id: z.string().check(z.describe('The user in whose name the request was made.')),
  authorization: z
    .enum(['none', 'static_key', 'token'])
    .check(z.describe('What authorized the request. `none`: a server of local mode without a key.')),
  groups: z
    .array(z.string())
    .check(
      z.describe(
        'The groups of the user, for shares. Empty for a caller who acts for another user: a token proves the groups of its own user only.',
      ),
    ),
  scopes: z.array(z.string()).check(z.describe('The scopes of the token.')),
  admin: z.boolean().check(z.describe('Whether the caller may use the routes for operators.')),
  acts_for_others: z.boolean().check(z.describe('Whether the caller may send the `user_id` of any user.')),
  expires_at: z.optional(time().check(z.describe('When the token expires. Absent without a token.'))),
});
export type MeItem = z.infer<typeof meItemSchema>;

export const historyItemSchema = z.object({
  seq: z.int().check(z.minimum(1), z.describe('Number of the entry, counted from 1.')),
  time: time(),
  type: z
    .enum(HISTORY_ENTRY_TYPES)
    .check(
      z.describe(
        '`unexpected_task_found`, `unexpected_task_stopped`: a task that does not belong to the current run. `orphan_host_terminated`: a dedicated instance that the workbench no longer uses. `start_retried`: a task of the start failed before the workbench ran, and another one is started; `reason_code` says why. `gate_silent`: the workbench runs although the gate did not say whether it reaches it. `repaired`: the record did not match its task or instance and was corrected. `interruption_noticed`: AWS announced the end of the instance. `drain_announced`: an operator empties the machine of the workbench; `drain_cancelled`: no longer. `restarted_after_interruption`: the workbench starts again because `on_interruption` is `restart`. `processes_may_remain`: only in local mode without cgroups: the processes of the workbench were ended as far as the system shows them; one that left its session, its environment and its files may live on. `owner_offered`, `offer_withdrawn`, `owner_changed`: the owner offered the workbench to another user, this offer ended, or the workbench has another owner since. `idle_warned`: the workbench is not used and will be stopped; `idle_warning_ended`: it was used again. `extended`: a user extended the time until then. `schedule_started`: the workbench starts by its schedule. `schedule_warned`: it will be stopped by its schedule. `schedule_missed`: the controller did not work when the schedule was to start or stop it. `schedule_refused`: a quota refused the start by the schedule. `restored`: a user took its deletion back. `retention_warned`: the workbench was stopped for long and will be deleted; `delete_requested` with the `reason_code` `retention`: it was. `files_deleted`: its files are deleted for good. `stop_warned`: the workbench will be stopped at its `stop_at`, or because the run has lasted as long as it may; `reason_code` says which. `unknown`: a type that this version of the controller does not know.',
      ),
    ),
  requested_by: z.optional(z.string().check(z.describe('The caller who requested it.'))),
  from: z.optional(z.enum(HISTORY_STATUSES)),
  to: z.optional(z.enum(HISTORY_STATUSES)),
  reason_code: z.optional(z.enum(REASON_CODES)),
});
export type HistoryItem = z.infer<typeof historyItemSchema>;

const success = z.literal(true);

export const successSchema = z.object({ success });
export const deletedResponseSchema = z.object({
  success,
  restorable_until: z.optional(
    time().check(
      z.describe(
        'It can be restored until this time. Absent if the installation keeps no deleted workbenches, or with `now=true`: then it is being deleted with its files.',
      ),
    ),
  ),
});
export const openResponseSchema = z.object({
  success,
  url: z
    .string()
    .check(
      z.describe(
        'Open it in the browser of the user, as a link or in a new window. With a ticket it works once, before `expires_at`: request it when the user clicks, and do not store it.',
      ),
    ),
  expires_at: z.optional(
    z.string().check(z.describe('When the ticket in the URL expires. Absent if the URL has no ticket.')),
  ),
});
export const meResponseSchema = z.object({ success, item: meItemSchema });
export const itemResponseSchema = z.object({ success, item: itemSchema });
export const listResponseSchema = z.object({
  success,
  items: z.array(itemSchema),
  next_cursor: z.optional(
    z.string().check(z.describe('Send it as `cursor` to get the next page. Absent on the last page.')),
  ),
});
export const historyResponseSchema = z.object({ success, items: z.array(historyItemSchema) });

export const logLineSchema = z.object({
  at: z.optional(time().check(z.describe('When it was printed. Absent in local mode.'))),
  text: z
    .string()
    .check(
      z.describe(
        `A line without its line break, at most ${LOG_LINE_MAX_BYTES} bytes of UTF-8; the rest of a longer one follows as further lines in local mode, and is left out on AWS. It contains what the program has printed, also control characters.`,
      ),
    ),
});
export const logsResponseSchema = z.object({
  success,
  items: z.array(logLineSchema).check(z.describe('From older to newer lines.')),
  task_id: z.optional(
    z
      .string()
      .check(z.describe('The task that has printed them. Absent before the first task of the workbench.')),
  ),
  next_cursor: z.optional(
    z
      .string()
      .check(z.describe('Send it as `cursor` for what follows, also later. Absent before the first task.')),
  ),
  complete: z
    .boolean()
    .check(z.describe('Whether the run has ended and all of its output has been returned.')),
});

export const findingItemSchema = z.object({
  id: z.string().check(z.describe('The id of the task, instance or workbench.')),
  result: z
    .enum(STORED_FINDING_TYPES)
    .check(
      z.describe(
        'What the sweep did. Nothing was changed for `over_deletion_limit`, `record_unreadable`, `referenced` (a record refers to it by now), `inconclusive`, `throttled`, `deferred` and `in_grace_period`; the next sweep checks again. `registration_failed`, `agent_outdated` and `instance_idle` name instances for an operator; see docs/operations.md.',
      ),
    ),
  reason: z.string().check(z.describe('Why.')),
  repair: z.optional(
    z
      .enum(STORED_REPAIR_KINDS)
      .check(z.describe('The kind of repair, if it was repaired, deleted or quarantined.')),
  ),
});
export type FindingItem = z.infer<typeof findingItemSchema>;

export const reportItemSchema = z.object({
  sweep: z
    .enum(STORED_SWEEPS)
    .check(
      z.describe(
        '`active` compares active records with their tasks and instances; `tasks`, `hosts` and `volumes` look for orphans; `cluster` removes unused task definitions and container instances, and registers task definitions after a change of the settings.',
      ),
    ),
  started_at: time(),
  ended_at: time(),
  checked: z.int().check(z.describe('Records or resources that were checked.')),
  repaired: z.int().check(z.describe('Records that were corrected because they did not match AWS.')),
  deleted: z.int().check(z.describe('Orphans that were deleted.')),
  quarantined: z
    .int()
    .check(z.describe('Orphaned volumes with files. The files are kept until an operator decides.')),
  waiting: z.int().check(z.describe('Differences that were left for a later sweep. The findings say why.')),
  failed: z.int().check(z.describe('Repairs that failed.')),
  deletion_limit_exceeded: z
    .boolean()
    .check(
      z.describe(
        'The sweep found more orphans than the deletion limit. It deleted nothing; an operator must check why.',
      ),
    ),
  findings: z
    .array(findingItemSchema)
    .check(z.describe('At most 20, the most severe ones. The counters include all findings.')),
});
export type ReportItem = z.infer<typeof reportItemSchema>;
export const reportsResponseSchema = z.object({ success, items: z.array(reportItemSchema) });
export const startTimesItemSchema = z.object({
  kind: z
    .enum(START_KINDS)
    .check(
      z.describe('`first`: starts of new workbenches. `later`: starts of workbenches that had run before.'),
    ),
  instance_type: z.optional(
    z.string().check(z.describe('The type of the dedicated instance. Absent on shared instances.')),
  ),
  count: z.int().check(z.minimum(0), z.describe('Number of starts.')),
  p50_seconds: z
    .number()
    .check(z.minimum(0), z.describe('Half of them took no longer, with an error of at most a quarter.')),
  p95_seconds: z.number().check(z.minimum(0), z.describe('95 of 100 took no longer.')),
});
export type StartTimesItem = z.infer<typeof startTimesItemSchema>;
export const startTimesResponseSchema = z.object({ success, items: z.array(startTimesItemSchema) });

export const healthResponseSchema = z.object({
  success,
  item: z.object({ status: z.literal('ok'), version: z.string() }),
});

export const errorResponseSchema = z.object({
  success: z.literal(false),
  error: z.object({
    code: z.enum(ERROR_CODES),
    message: z.string().check(z.describe('For people: what is wrong, and what to do.')),
    reason: z.optional(z.string().check(z.describe('For programs: a more specific cause than the code.'))),
    fields: z.optional(
      z.record(z.string(), z.string()).check(z.describe('Each invalid field, and what is expected of it.')),
    ),
    quota: z.optional(quotaRefusalSchema.check(z.describe('Of `quota_exceeded`: the figures.'))),
  }),
});

/** The body of a response that API Gateway sends itself, without calling a function. */
export const gatewayErrorSchema = z.object({ message: z.string() });
