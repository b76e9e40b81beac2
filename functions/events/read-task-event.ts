import * as z from 'zod/mini';
import { parseTaskObservation } from '#adapters/aws/ecs/task-observation.ts';
import { isUserId } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';

const namedValues = z.array(z.object({ name: z.string(), value: z.optional(z.string()) }));

/** The used part of an `ECS Task State Change` event. Other fields are ignored. */
const taskEventSchema = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string().check(z.minLength(1), z.maxLength(2048)),
    version: z.int(),
    lastStatus: z.string(),
    createdAt: z.optional(z.string()),
    startedAt: z.optional(z.string()),
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
      z.array(
        z.object({
          name: z.optional(z.string()),
          reason: z.optional(z.string()),
          exitCode: z.optional(z.int()),
        }),
      ),
    ),
  }),
});

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
  return observation;
}
