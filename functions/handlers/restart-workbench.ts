import { buildRestartWorkbench } from '../api/workbench-commands.ts';
import { startPorts } from '../wiring/api-ports.ts';
import { createApiHandler } from '../wiring/create-api-handler.ts';

export { buildRestartWorkbench as build };

export const handler = createApiHandler('restart-workbench', (wiring) =>
  buildRestartWorkbench(startPorts(wiring), wiring.settings),
);
