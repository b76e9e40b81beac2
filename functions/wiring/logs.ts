import { createLogsClient } from '#adapters/aws/clients.ts';
import { CloudWatchRunLogReader } from '#adapters/aws/cloudwatch-logs/run-log-reader.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { RunLogReader } from '#core/ports/run-log-reader.ts';

/** The output of tasks. Without a log group it is not stored. */
export function runLogReader({
  WB_TASK_LOG_GROUP: group,
}: DeployedSettingsFor<'WB_TASK_LOG_GROUP'>): RunLogReader {
  if (group === undefined) return { readLog: async () => ({ lines: [], next: '' }) };
  return new CloudWatchRunLogReader(createLogsClient(), group);
}
