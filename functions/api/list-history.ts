import type { HistoryItem } from '#contract/response-bodies.ts';
import type { HistoryStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { listHistoryOf } from '#core/workbench/queries.ts';
import {
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /workbenches/{wid}/history */
export function build(
  ports: WorkbenchApiPorts & { readonly history: Pick<HistoryStore, 'list'> },
  settings: WorkbenchApiSettings,
): ApiHandler {
  return toWorkbenchApiHandler('listHistory', ports, settings, {}, async ({ workbench }) => {
    const entries = await listHistoryOf(ports, workbench);
    return { status: 200, body: { success: true, items: entries.map(presentHistoryEntry) } };
  });
}

/** Names each field: an entry may have further ones that a newer version wrote. */
function presentHistoryEntry({ seq, at, type, by, from, to, code }: HistoryEntry): HistoryItem {
  return {
    seq,
    time: toIsoTime(at),
    type,
    ...(by === undefined ? {} : { requested_by: by }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(code === undefined ? {} : { reason_code: code }),
  };
}
