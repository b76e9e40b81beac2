import * as z from 'zod/mini';
import { parseTaskObservation } from '#adapters/aws/ecs/task-observation.ts';
import { isUserId, isWorkbenchId } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';

const namedValues = z.array(z.object({ name: z.string(), value: z.optional(z.string()) }));

/** The used part of an `ECS Task State Change` event. Other fields are ignored. */
export const taskEventSchema = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string().check(z.minLength(1), z.maxLength(2048)),
    version: z.int(),
    lastStatus: z.string(),
    createdAt: z.optional(z.string()),
    group: z.optional(z.string()),
    startedBy: z.optional(z.string()),
    overrides: z.optional(
      z.object({
        containerOverrides: z.optional(z.array(z.object({ environment: z.optional(namedValues) }))),
      }),
    ),
    attachments: z.optional(z.array(z.object({ type: z.string(), details: z.optional(namedValues) }))),
    connectivity: z.optional(z.string()),
    containerInstanceArn: z.optional(z.string()),
    capacityProviderName: z.optional(z.string()),
    stopCode: z.optional(z.string()),
    stoppedReason: z.optional(z.string()),
    containers: z.optional(
      z.array(z.object({ reason: z.optional(z.string()), exitCode: z.optional(z.int()) })),
    ),
  }),
});
export type TaskEvent = z.infer<typeof taskEventSchema>;

/**
 * The attachment of local mode's events, for values that have no field in ECS: `endpoint`, `detail`, `host` and
 * `stop_code`. ECS has no attachments of this type, and only AWS can send events with the source `aws.ecs`.
 */
export const LOCAL_ATTACHMENT = 'workbench';

/**
 * The observation in a task event; undefined for other events and for tasks that the controller did not start. Workbench
 * and run are read from the parameters of the RunTask call (group, startedBy, environment), since events have no tags.
 */
export function readTaskEvent(
  event: unknown,
  settings: SettingsFor<'WB_CONTAINER_PORT'>,
): TaskObservation | undefined {
  const parsed = z.safeParse(taskEventSchema, event);
  if (!parsed.success) return undefined;
  const { detail } = parsed.data;
  const observation = parseTaskObservation(detail, settings.WB_CONTAINER_PORT);
  if (observation === undefined) return undefined;
  if (!isWorkbenchId(observation.workbenchId) || !isUserId(observation.userId)) return undefined;
  const local = detail.attachments?.find(({ type }) => type === LOCAL_ATTACHMENT);
  if (local === undefined) return observation;
  const details = new Map(local.details?.map(({ name, value }) => [name, value]));
  return withLocalDetails(observation, (name) => details.get(name), detail.stoppedReason ?? '');
}

/** Replaces the values that are derived from fields of ECS by those of the attachment. */
function withLocalDetails(
  observation: TaskObservation,
  detailOf: (name: string) => string | undefined,
  stoppedReason: string,
): TaskObservation {
  const { detail: _detail, endpoint: _endpoint, instance: _instance, ...rest } = observation;
  const detail = detailOf('detail');
  const endpoint = detailOf('endpoint');
  const instance = detailOf('host');
  const code = ([...REASON_CODES, 'requested'] as const).find((known) => known === detailOf('stop_code'));
  return {
    ...rest,
    ...(detail === undefined ? {} : { detail }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(instance === 'connected' || instance === 'disconnected' || instance === 'gone' ? { instance } : {}),
    ...(code === undefined ? {} : { stop: { code, message: stoppedReason } }),
  };
}
