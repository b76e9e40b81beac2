import { RandomIds } from '#adapters/random-ids.ts';
import type { Ids } from '#core/ports/ids.ts';
import { startWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { recordPorts } from '../wiring/change.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';
import { type ActionSettings, toActionHandler } from './action-handler.ts';

/** POST /workbenches/{wid}/start */
export function build(
  ports: RecordPorts & QueuePorts & { readonly ids: Ids },
  settings: ActionSettings,
): ApiHandler {
  return toActionHandler(ports, settings, startWorkbench);
}

export const handler = createApiHandler('start-workbench', (wiring) =>
  build({ ...recordPorts(wiring), ids: new RandomIds() }, wiring.settings),
);
