import * as z from 'zod/mini';
import { parseTaskObservation } from '#adapters/aws/ecs/task-observation.ts';
import { isUserId, isWorkbenchId } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';

const namedValues = z.array(z.object({ name: z.string(), value: z.optional(z.string()) }));

/** What is read of EventBridge's `ECS Task State Change`. There is more in it; none of it has a place here. */
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
 * The attachment in which local mode's events carry what ECS has no field for: `endpoint`, `detail`, `host`
 * and `stop_code`. ECS makes no attachments of this type, and nobody but AWS can send events as `aws.ecs`.
 */
export const LOCAL_ATTACHMENT = 'workbench';

/**
 * What an event says of a task of ours. Undefined for everything else: other events, tasks of others, tasks
 * that were not started by the controller. The workbench and the run are named by what the task was started
 * with (group, startedBy, environment), since events carry no tags.
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
  const said = new Map(local.details?.map(({ name, value }) => [name, value]));
  return withLocalDetails(observation, (name) => said.get(name), detail.stoppedReason ?? '');
}

/** In local mode nothing follows from what ECS would say: what is not told is not known. */
function withLocalDetails(
  observation: TaskObservation,
  said: (name: string) => string | undefined,
  stoppedReason: string,
): TaskObservation {
  const { detail: _detail, endpoint: _endpoint, instance: _host, ...rest } = observation;
  const detail = said('detail');
  const endpoint = said('endpoint');
  const host = said('host');
  const code = ([...REASON_CODES, 'requested'] as const).find((known) => known === said('stop_code'));
  return {
    ...rest,
    ...(detail === undefined ? {} : { detail }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(host === 'connected' || host === 'disconnected' || host === 'gone' ? { instance: host } : {}),
    ...(code === undefined ? {} : { stop: { code, message: stoppedReason } }),
  };
}
