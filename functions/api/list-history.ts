import type { HistoryItem } from '#contract/response-bodies.ts';
import type { HistoryStore, WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { HistoryEntry } from '#core/workbench/history.ts';
import { listHistory } from '#core/workbench/queries.ts';
import { type ApiPorts, type ApiSettings, toUserApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { parseWorkbenchId } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

/** GET /workbenches/{wid}/history */
export function build(
  ports: ApiPorts & {
    readonly workbenches: Pick<WorkbenchStore, 'read'>;
    readonly history: Pick<HistoryStore, 'list'>;
  },
  settings: ApiSettings,
): ApiHandler {
  const parsers = { workbenchId: parseWorkbenchId };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, workbenchId }) => {
    const entries = await listHistory(ports, { userId, workbenchId });
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
