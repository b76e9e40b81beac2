import { systemClock } from '#adapters/system-clock.ts';
import type { HistoryItem } from '#contract/response-bodies.ts';
import type { HistoryStore, WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toApiHandler, userApi } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { workbenchId } from '../middleware/request.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { historyStore, openTable, workbenchStore } from '../wiring/table.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /workbenches/{wid}/history */
export function build(
  ports: ApiPorts & {
    readonly workbenches: Pick<WorkbenchStore, 'read'>;
    readonly history: Pick<HistoryStore, 'list'>;
  },
  settings: ApiSettings,
): ApiHandler {
  return toApiHandler(userApi(ports, settings).use(workbenchId()), async ({ userId, workbenchId }) => {
    const entries = await listHistory(ports, { userId, workbenchId });
    return { status: 200, body: { success: true, items: entries.map(presentHistoryEntry) } };
  });
}

function presentHistoryEntry({ at, code, ...entry }: HistoryEntry): HistoryItem {
  return { ...entry, time: toIsoTime(at), ...(code === undefined ? {} : { reason_code: code }) };
}

export const handler = createApiHandler('list-history', (wiring) => {
  const { settings, telemetry } = wiring;
  const table = openTable(wiring);
  const stores = { workbenches: workbenchStore(table), history: historyStore(table) };
  return build({ ...stores, clock: systemClock, telemetry }, settings);
});
