import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { observeTask } from '#core/workbench/observe.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { recordPorts } from '../wiring/ports.ts';
import { readTaskEvent } from './read-task-event.ts';

/**
 * Handles an `ECS Task State Change`. Events can be late, repeated and out of order. Events of tasks that the controller
 * did not start are ignored. If the function throws, EventBridge delivers the event again.
 */
export function build(
  ports: RecordPorts & QueuePorts,
  settings: PolicySettings & SettingsFor<'WB_CONTAINER_PORT'>,
): (event: unknown) => Promise<void> {
  const policy = policyOf(settings);
  return async (event) => {
    const task = readTaskEvent(event, settings);
    if (task === undefined) {
      ports.telemetry.count('event_ignored', 1);
      return;
    }
    const { userId, workbenchId } = task;
    await observeTask(ports, policy, { userId, workbenchId }, task);
  };
}

export const handler = createHandler('task-state-change', (wiring) =>
  build(recordPorts(wiring), wiring.settings),
);
