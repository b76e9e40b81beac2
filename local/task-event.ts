import { type StopReason, toEcsStop, toStopReason } from '#adapters/aws/ecs/stop-reasons.ts';
import { groupOf, startedByOf } from '#adapters/aws/ecs/task-identity.ts';
import type { TaskObservation, TaskStatus } from '#core/ports/task-runner.ts';
import { LOCAL_ATTACHMENT, type TaskEvent } from '#functions/events/read-task-event.ts';

const STATUSES: Readonly<Record<TaskStatus, string>> = {
  provisioning: 'PROVISIONING',
  pending: 'PENDING',
  running: 'RUNNING',
  stopping: 'STOPPING',
  stopped: 'STOPPED',
};

/**
 * The event that ECS would send for this task: local mode's stand-in for EventBridge, so that the same
 * function takes its tasks in. `readTaskEvent` gives the observation back as it was.
 */
export function toTaskStateChangeEvent(observation: TaskObservation): TaskEvent {
  const { detail, endpoint, instance: host, stop } = observation;
  const end = stop === undefined ? undefined : toStopFields(stop);
  const details = { detail, endpoint, host, stop_code: end?.stopCodeOfOurs };
  const named = Object.entries(details).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: {
      taskArn: observation.taskId,
      version: observation.version,
      lastStatus: STATUSES[observation.status],
      group: groupOf(observation.workbenchId),
      startedBy: startedByOf(observation.userId),
      overrides: {
        containerOverrides: [
          {
            environment: [
              { name: 'WB_RUN_ID', value: observation.runId },
              { name: 'WB_RUN_ATTEMPT', value: String(observation.attempt) },
            ],
          },
        ],
      },
      attachments: [{ type: LOCAL_ATTACHMENT, details: named }],
      ...(observation.containerInstance === undefined
        ? {}
        : { containerInstanceArn: observation.containerInstance }),
      ...(observation.provider === undefined ? {} : { capacityProviderName: observation.provider }),
      ...end?.fields,
    },
  };
}

/** In ECS's own words where they lead back to the same; with our code beside the message where not. */
function toStopFields(stop: StopReason) {
  const { stopCode, stoppedReason, containers } = toEcsStop(stop);
  const back = toStopReason({ stopCode, stoppedReason, containers });
  if (back.code !== stop.code || back.message !== stop.message) {
    return { stopCodeOfOurs: stop.code, fields: { stoppedReason: stop.message } };
  }
  return {
    stopCodeOfOurs: undefined,
    fields: {
      ...(stopCode === undefined ? {} : { stopCode }),
      ...(stoppedReason === undefined ? {} : { stoppedReason }),
      containers: containers.map(({ reason }) => (reason === undefined ? {} : { reason })),
    },
  };
}
