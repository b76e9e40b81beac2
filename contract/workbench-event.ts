import * as z from 'zod/mini';
import { HISTORY_ENTRY_TYPES, HISTORY_STATUSES } from '#core/workbench/history.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import {
  WORKBENCH_EVENT_VERSION,
  WORKBENCH_EVENTS,
  type WorkbenchEvent,
  type WorkbenchEventType,
} from '#core/workbench/workbench-event.ts';

export { WORKBENCH_EVENT_SOURCE } from '#core/workbench/workbench-event.ts';

/** What each type means. docs/events.md has the table. */
export const WORKBENCH_EVENT_MEANINGS: Readonly<Record<WorkbenchEventType, string>> = {
  created: 'A workbench was created. It starts.',
  status_changed:
    'It has another status; `history_type` says what changed it, for example `start_requested`.',
  idle_warned: 'It is stopped at `stops_at` unless it is used.',
  idle_warning_ended: 'It was used: the announced stop is withdrawn.',
  extended: 'A person has extended it: it is not stopped for idleness until later.',
  schedule_warned: 'Its schedule stops it at `stops_at`.',
  schedule_missed: 'The controller did not work when its schedule was to start or stop it.',
  schedule_refused: 'A quota refused the start of its schedule.',
  stop_warned:
    'It is stopped at `stops_at`, the time that its user has set (`stop_at`) or at which the run has lasted as long as it may (`max_life`).',
  retention_warned: 'It was stopped for long, and is deleted at `deletes_at` unless it is used.',
  interruption_noticed:
    'AWS takes its instance back (`status_detail` `spot_interruption`, stopped at `stops_at`), or replaces it (`instance_draining`).',
  drain_announced:
    'An operator empties its machine, and it is stopped at `stops_at` if the operator has set a time.',
  drain_cancelled: 'The operator no longer empties the machine.',
  delete_requested: 'It was deleted. With `restorable_until` its files are kept until then.',
  restored: 'The deletion was taken back.',
  files_deleted: 'Its files are deleted for good. This is its last event.',
  owner_changed: 'It has another owner: `owner` is the new one.',
};

const EVENT_TYPES = Object.keys(WORKBENCH_EVENTS) as [WorkbenchEventType, ...WorkbenchEventType[]];

const time = (description: string) =>
  z.optional(z.iso.datetime().check(z.describe(`${description} ISO 8601, UTC, with milliseconds.`)));

/**
 * The `detail` of an event on the bus, and a line of the files of local mode. Readers must ignore fields that they do not know: newer
 * versions may add some.
 */
export const workbenchEventSchema: z.ZodMiniType<WorkbenchEvent> = z
  .looseObject({
    version: z
      .literal(WORKBENCH_EVENT_VERSION)
      .check(z.describe('The version of this shape. It changes only if a field gets another meaning.')),
    id: z
      .string()
      .check(
        z.maxLength(64),
        z.describe('Identifies the event. An event that is delivered again has the same id.'),
      ),
    type: z.enum(EVENT_TYPES).check(z.describe('What happened. On the bus `detail-type` says the same.')),
    time: z.iso.datetime().check(z.describe('When it happened. ISO 8601, UTC, with milliseconds.')),
    workbench_id: z.string().check(z.maxLength(64)),
    owner: z.string().check(z.describe('The user to whom the workbench belongs.')),
    name: z.string().check(z.describe('The name of the workbench.')),
    status: z
      .enum(HISTORY_STATUSES)
      .check(z.describe('The status after it. `unknown`: one that this version does not know.')),
    previous_status: z.optional(
      z.enum(HISTORY_STATUSES).check(z.describe('The status before it, if it has changed the status.')),
    ),
    status_detail: z.optional(
      z.string().check(z.describe('As in the API, for example `spot_interruption` or `machine_draining`.')),
    ),
    status_reason: z.optional(
      z
        .object({ code: z.enum(REASON_CODES), message: z.string() })
        .check(z.describe('Why it stopped or failed: a code for programs, a message for people.')),
    ),
    requested_by: z.optional(
      z.string().check(z.describe('The user who requested it; absent if the controller did it.')),
    ),
    history_type: z
      .enum(HISTORY_ENTRY_TYPES)
      .check(
        z.describe('The type of the entry of its history, as `GET /workbenches/{wid}/history` shows it.'),
      ),
    stops_at: time('When the controller stops it, as far as it is planned.'),
    stops_because: z.optional(
      z.enum(REASON_CODES).check(z.describe('The code of the reason that this stop will have.')),
    ),
    deletes_at: time('When it is deleted because it was stopped for long, unless it is used.'),
    restorable_until: time('Until when the deleted workbench can be restored.'),
  })
  .check(z.describe('What the controller publishes about a workbench for other systems.')) as never;
