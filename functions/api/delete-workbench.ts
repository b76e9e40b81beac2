import { deleteWorkbench } from '#core/workbench/commands.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type ActionPorts, type ActionSettings, toActionHandler } from './action-handler.ts';

/** DELETE /workbenches/{wid} */
export function build(ports: ActionPorts, settings: ActionSettings): ApiHandler {
  return toActionHandler('deleteWorkbench', ports, settings, deleteWorkbench);
}
