import { buildListLogs } from '../api/history-and-logs.ts';
import { workbenchApiPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { runLogReader } from '../wiring/logs.ts';
import { openTable } from '../wiring/table.ts';

export { buildListLogs as build };

export const handler = createApiHandler('list-logs', (wiring) => {
  const { settings } = wiring;
  const ports = { ...workbenchApiPorts(wiring, openTable(wiring)), logs: runLogReader(settings) };
  return buildListLogs(ports, settings);
});
