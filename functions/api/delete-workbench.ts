import { deleteWorkbench } from '#core/workbench/commands.ts';
import type { QueuePorts, RecordPorts } from '#core/workbench/update-record.ts';
import type { ApiPorts } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type ActionSettings, toActionHandler } from './action-handler.ts';

/** DELETE /workbenches/{wid} */
export function build(ports: RecordPorts & QueuePorts & ApiPorts, settings: ActionSettings): ApiHandler {
  return toActionHandler(ports, settings, deleteWorkbench);
}
