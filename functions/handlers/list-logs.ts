import { createLogsClient } from '#adapters/aws/clients.ts';
import { CloudWatchRunLogReader } from '#adapters/aws/cloudwatch-logs/run-log-reader.ts';
import type { DeployedSettingsFor } from '#contract/settings/deployment-settings.ts';
import type { RunLogReader } from '#core/ports/run-log-reader.ts';
import { buildListLogs } from '../api/history-and-logs.ts';
import { createApiHandler } from '../wiring/create-handler.ts';
import { workbenchApiPorts } from '../wiring/ports.ts';
import { openTable } from '../wiring/table.ts';

export { buildListLogs as build };

export const handler = createApiHandler('list-logs', (wiring) => {
  const { settings } = wiring;
  const ports = { ...workbenchApiPorts(wiring, openTable(wiring)), logs: runLogReader(settings) };
  return buildListLogs(ports, settings);
});

/** The output of tasks. Without a log group it is not stored. */
function runLogReader({ WB_TASK_LOG_GROUP: group }: DeployedSettingsFor<'WB_TASK_LOG_GROUP'>): RunLogReader {
  if (group === undefined) return { readLog: async () => ({ lines: [], next: '' }) };
  return new CloudWatchRunLogReader(createLogsClient(), group);
}
